// Events as files that TensorBoard reads; what they hold is told in report/run/tensorboard_summary.hpp.
//
//   A file is a row of TFRecords: length u64, masked CRC32C of it u32, data, masked CRC32C of the data u32 (little-endian); the data
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
  /// Starts a new file in `folder`, which is made; `configuration` (YAML) is written with each "start" event. Failures are told on
  /// stderr, as LineFile does.
  TensorBoardReporter(const std::filesystem::path& folder, std::string configuration);

  void report(const Event& event) override;

 private:
  std::unique_ptr<LineFile> file_;
  std::string configuration_;
};

/// Drops the events after `iteration`, and what is torn or damaged, from all event files of `folder`, which may be missing.
/// Returns how many whole events were dropped. Throws kStorage where a file cannot be read or replaced.
std::int64_t cut_back_tensorboard(const std::filesystem::path& folder, std::int64_t iteration);

/// CRC-32C (Castagnoli: RFC 3720, appendix B.4).
std::uint32_t crc32c(std::string_view bytes);

}  // namespace seg
