// per_image.jsonl, what an evaluation counted on single images: what scores of a resampled split are made of.
//
//   {"id": "path", "confusion": [[truth, predicted, pixels], ...]} a line, non-zero cells only; predicted is -1 for none of the classes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "scores/image_counts.hpp"

namespace seg {

class PerImageLog {
 public:
  void add(const std::string& id, const ConfusionTable& confusion);
  /// Throws kStorage.
  void write(const std::filesystem::path& folder) const;

 private:
  std::string lines_;
};

/// What PerImageLog wrote into `folder`, sorted by id; empty where there is no such file. Throws kData for a file of another form.
std::vector<ImageCounts> read_per_image(const std::filesystem::path& folder, std::int64_t classes);

}  // namespace seg
