// What segeval does, without its command line.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

namespace seg {

struct EvalCommand {
  std::filesystem::path checkpoint;
  std::string config;                  // replaces the data block; empty: the checkpoint's own
  std::string split;                   // empty: val for choose_tau, else test where its labels are public, else val
  std::vector<std::string> overrides;  // "key=value"
  std::filesystem::path output;        // empty: RUN/eval/SPLIT
  bool tau_curve = false;              // also write the scores for tried_taus()
  std::string choose_tau;              // print the tau with the best of this score; empty: none
  std::string save_predictions;        // "ids", "train-ids", "color" or empty
  std::string device = "auto";
};

/// The values of choose_tau: the same as those of train.best.
std::vector<std::string> score_names();
/// The logit adjustments to try: -1 to 1 in steps of 0.1.
std::vector<double> tried_taus();

/// Writes the reports and prints the table to `out`; returns the exit code. Throws Error.
int evaluate_checkpoint(const EvalCommand& command, std::ostream& out);

}  // namespace seg
