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
  std::string split;                   // empty: test where its labels are public, else val
  std::vector<std::string> overrides;  // "key=value"
  std::filesystem::path output;        // empty: RUN/eval/SPLIT
  std::string save_predictions;        // "ids", "train-ids", "color" or empty
  std::string device = "auto";
};

/// Writes the reports and prints the table to `out`; returns the exit code. Throws Error.
int evaluate_checkpoint(const EvalCommand& command, std::ostream& out);

}  // namespace seg
