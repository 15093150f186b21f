// The counts of single images, as an evaluation leaves them in per_image.jsonl: what scores of a resampled split are made of.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "report/scores.hpp"

namespace seg {

struct ImageCounts {
  std::string id;
  std::vector<ClassPixels> classes;  // [K]
};

/// per_image.jsonl of `folder` (its form: report/evaluation_report.hpp), sorted by id; empty where there is no such file.
/// Throws kData for a file of another form.
std::vector<ImageCounts> read_per_image(const std::filesystem::path& folder, std::int64_t classes);

}  // namespace seg
