// What a run would cost, found out by one training and one evaluation step.
#pragma once

#include <string>

#include "engine/experiment.hpp"

namespace seg {

/// Makes two training steps (the first warms up) on real batches and one evaluation of the largest validation image; writes
/// nothing to disk (build_experiment keeps class statistics). Returns lines for stdout: seconds a step, time for the whole run, peak memory.
std::string dry_run(const Experiment& experiment);

}  // namespace seg
