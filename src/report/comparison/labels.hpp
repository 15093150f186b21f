// Short names of losses in comparisons.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "report/run/run.hpp"

namespace seg {

/// A run of the loss that `name` means: a loss as a run logs it, a label, or the name or directory of a run. `option` is named in errors. Throws
/// kConfiguration where no run, or runs of several losses, have the name.
const RunDescription& run_named(const std::string& option, const std::string& name, const std::vector<RunResult>& runs);

/// Gives the runs their labels. `wanted` are "LOSS=LABEL", LOSS as in run_named. Without one a loss made of parts, such as "sum {ce: 0.25,
/// soft_iou: 0.75}", is called by the name of its runs where all of them have the same. Returns what each shortened label stands for. Throws
/// kConfiguration for another form, and where two losses would have one label.
std::map<std::string, std::string> label_runs(std::vector<RunResult>& runs, const std::vector<std::string>& wanted);

}  // namespace seg
