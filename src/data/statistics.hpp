// Counts the classes in the labels of a split: for each class its pixels n_c, the images that contain it, and the valid pixels of these images. Also
// counts per image.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/types.hpp"
#include "data/data_options.hpp"
#include "data/file_dataset.hpp"

namespace seg {

struct LabelCount {
  std::uint8_t label = 0;  // train id, not 255
  std::int64_t pixels = 0;
};

/// The labels of one image.
struct ImageLabels {
  std::int64_t pixels = 0;         // of the frame, including ignored ones; 0 if the file was skipped as broken
  std::vector<LabelCount> counts;  // of the classes that occur, by train id
};

struct LabelStatistics : ClassStatistics {
  std::vector<ImageLabels> by_image;  // in the order of the data set
};

/// Decodes all labels on data.workers threads; their timing does not matter. A broken file throws kData or, with data.on_error: skip, is logged
/// and skipped, unless there are more than data.skip_budget of them.
LabelStatistics compute_statistics(const FileDataset& dataset, const DataOptions& options);

/// Reads the same from `cache_file` if that was made from these files (names, sizes, times) and this mapping to train ids; otherwise computes it and
/// writes it there. A cache that is damaged or has another format version is computed again; a failed write is only a warning.
LabelStatistics cached_statistics(const FileDataset& dataset, const DataOptions& options, const std::filesystem::path& cache_file);

/// The file in the user's cache folder that stores the class statistics of this data for later runs.
std::filesystem::path statistics_cache_file(const DataOptions& options);

}  // namespace seg
