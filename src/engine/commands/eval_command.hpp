// The program segeval behind its command line.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

namespace seg {

struct EvalCommand {
  std::filesystem::path checkpoint;
  std::string config;                  // replaces the data part; empty: the checkpoint's own
  std::string split;                   // empty: val for choose_tau, else test where its labels are public, else val
  std::vector<std::string> overrides;  // "key=value"
  std::filesystem::path output;        // empty: RUN/eval/SPLIT
  bool tau_curve = false;              // also write the scores of tried_taus()
  std::string choose_tau;              // score by which to name the best of them; empty: none
  std::string save_predictions;        // "ids", "train-ids", "color" or empty
  std::string device = "auto";
};

/// The scores that choose_tau takes: those of train.best.
std::vector<std::string> score_names();
/// The logit adjustments that are tried: -1 to 1 in steps of 0.1.
std::vector<double> tried_taus();

/// Writes the reports and prints the table to `out`; returns the exit code. Throws Error.
int evaluate_checkpoint(const EvalCommand& command, std::ostream& out);

}  // namespace seg
