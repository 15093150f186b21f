// Counts classes over the labels of a split: n_c pixels, in how many images, among how many valid pixels there; and image by image.
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
  std::int64_t pixels = 0;         // of the frame, ignored ones too; 0 where the file was left out as broken
  std::vector<LabelCount> counts;  // of the classes that are there, by train id
};

struct LabelStatistics : ClassStatistics {
  std::vector<ImageLabels> by_image;  // in the order of the data set
};

/// Decodes all labels on data.workers threads; the order of threads does not matter. A broken file throws kData or, with
/// data.on_error: skip, is named in the log and left out, until there are more than data.skip_budget of them.
LabelStatistics compute_statistics(const FileDataset& dataset, const DataOptions& options);

/// The same from `cache_file` if that was made from these files (names, sizes, times) and this mapping to train ids; else it is
/// computed and written there. A damaged cache is computed again, as is one of another version of its format; one that cannot be written is only
/// warned about.
LabelStatistics cached_statistics(const FileDataset& dataset, const DataOptions& options, const std::filesystem::path& cache_file);

/// The file in the user's cache folder that keeps the class statistics of this data between runs.
std::filesystem::path statistics_cache_file(const DataOptions& options);

}  // namespace seg
