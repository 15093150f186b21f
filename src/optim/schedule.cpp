#include "optim/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace seg {

namespace {

/// f(p); `iteration` counts from the start of training.
double factor(const ScheduleOptions& options, std::int64_t iteration, double p) {
  switch (options.type) {
    case ScheduleType::kConstant:
      break;
    case ScheduleType::kPoly:
      return std::pow(1.0 - p, options.poly.power);
    case ScheduleType::kCosine: {
      const double low = options.cosine.min_factor;
      return low + (1.0 - low) * 0.5 * (1.0 + std::cos(std::numbers::pi * p));
    }
    case ScheduleType::kStep: {
      const auto passed = std::ranges::count_if(options.step.milestones, [&](std::int64_t milestone) { return milestone <= iteration; });
      return std::pow(options.step.gamma, static_cast<double>(passed));
    }
  }
  return 1.0;
}

}  // namespace

double learning_rate(const ScheduleOptions& options, double base_lr, std::int64_t iteration, std::int64_t total) {
  if (iteration < options.warmup) {
    const double risen = static_cast<double>(iteration) / static_cast<double>(options.warmup);
    return base_lr * (options.warmup_start + (1.0 - options.warmup_start) * risen);
  }
  const double span = static_cast<double>(std::max<std::int64_t>(total - options.warmup, 1));
  return base_lr * factor(options, iteration, std::min(static_cast<double>(iteration - options.warmup) / span, 1.0));
}

}  // namespace seg
