// Writes events to files for TensorBoard; report/run/tensorboard_summary.hpp describes their content.
//
//   A file is a sequence of TFRecords: length u64, its masked CRC32C u32, data, masked CRC32C of the data u32 (little-endian); the data
//   is an Event of report/run/tensorboard.proto.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/line_file.hpp"
#include "report/run/events.hpp"

namespace seg {

class TensorBoardReporter : public Reporter {
 public:
  /// Starts a new file in `folder`, which is created; `configuration` (YAML) is written with each "start" event. LineFile reports failures on stderr.
  TensorBoardReporter(const std::filesystem::path& folder, std::string configuration);

  void report(const Event& event) override;

 private:
  std::unique_ptr<LineFile> file_;
  std::string configuration_;
};

/// Removes events after `iteration`, and incomplete or damaged ones, from all event files of `folder`, which may be missing.
/// Returns the number of intact events that were removed. Throws kStorage if a file cannot be read or replaced.
std::int64_t cut_back_tensorboard(const std::filesystem::path& folder, std::int64_t iteration);

/// CRC-32C (Castagnoli: RFC 3720, appendix B.4).
std::uint32_t crc32c(std::string_view bytes);

}  // namespace seg
