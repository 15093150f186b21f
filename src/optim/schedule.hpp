// The learning rate of an iteration, as a plain function of its number.
//
//   p = (iteration - warmup) / (total - warmup), clamped to [0, 1]; f(p) is
//     constant  1
//     poly      (1 - p)^power
//     cosine    m + (1 - m) (1 + cos(pi p)) / 2,  m = min_factor
//     step      gamma^(number of milestones <= iteration), counted from the start of training
//   During warm-up (iteration < warmup) the factor is instead warmup_start + (1 - warmup_start) iteration / warmup,
//   so the rate is base_lr exactly when the decay begins.
#pragma once

#include <cstdint>

#include "optim/optimizer_options.hpp"

namespace seg {

/// `iteration` is the number of updates already made (0 for the first); `total` that of the whole run.
double learning_rate(const ScheduleOptions& options, double base_lr, std::int64_t iteration, std::int64_t total);

}  // namespace seg
