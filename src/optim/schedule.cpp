#include "optim/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.hpp"

namespace seg {

namespace {

struct Place {
  std::int64_t iteration = 0;
  double progress = 0.0;  // of the decay, 0..1
};

double constant(const ScheduleOptions&, const Place&) { return 1.0; }

double poly(const ScheduleOptions& options, const Place& place) { return std::pow(1.0 - place.progress, options.poly.power); }

double cosine(const ScheduleOptions& options, const Place& place) {
  const double low = options.cosine.min_factor;
  return low + (1.0 - low) * 0.5 * (1.0 + std::cos(std::numbers::pi * place.progress));
}

double step(const ScheduleOptions& options, const Place& place) {
  const auto passed = std::count_if(options.step.milestones.begin(), options.step.milestones.end(),
                                    [&](std::int64_t milestone) { return milestone <= place.iteration; });
  return std::pow(options.step.gamma, static_cast<double>(passed));
}

struct Factor {
  const char* name;
  double (*of)(const ScheduleOptions&, const Place&);
};

constexpr Factor kSchedules[] = {{"constant", constant}, {"poly", poly}, {"cosine", cosine}, {"step", step}};

}  // namespace

std::vector<std::string> schedule_names() {
  std::vector<std::string> names;
  for (const Factor& entry : kSchedules) names.emplace_back(entry.name);
  return names;
}

double learning_rate(const ScheduleOptions& options, double base_lr, std::int64_t iteration, std::int64_t total) {
  if (iteration < options.warmup) {
    const double risen = static_cast<double>(iteration) / static_cast<double>(options.warmup);
    return base_lr * (options.warmup_start + (1.0 - options.warmup_start) * risen);
  }
  const double span = static_cast<double>(std::max<std::int64_t>(total - options.warmup, 1));
  const Place place{iteration, std::min(static_cast<double>(iteration - options.warmup) / span, 1.0)};
  for (const Factor& entry : kSchedules) {
    if (options.type == entry.name) return base_lr * entry.of(options, place);
  }
  throw Error(ErrorKind::kConfiguration, "schedule.type: unknown schedule '" + options.type + "'", "segtrain --help lists them");
}

}  // namespace seg
