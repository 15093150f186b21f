// What segexport does, without its command line.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "base/size.hpp"

namespace seg {

struct ExportCommand {
  std::filesystem::path checkpoint;
  std::filesystem::path output;        // .onnx
  std::vector<std::string> overrides;  // "key=value"
  bool labels = false;                 // output labels, not logits
  Size size;                           // 0x0: any
};

/// Writes the file and prints a summary of it to `out`; returns the exit code. Throws Error.
int export_checkpoint(const ExportCommand& command, std::ostream& out);

}  // namespace seg
