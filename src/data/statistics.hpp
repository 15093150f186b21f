// Counts classes over the labels of a split: n_c pixels, in how many images, among how many valid pixels there.
#pragma once

#include <filesystem>

#include "core/types.hpp"
#include "data/data_options.hpp"
#include "data/file_dataset.hpp"

namespace seg {

/// Decodes all labels on data.workers threads; the order of threads does not matter. A broken file throws kData or, with
/// data.on_error: skip, is named in the log and left out, until there are more than data.skip_budget of them.
ClassStatistics compute_statistics(const FileDataset& dataset, const DataOptions& options);

/// The same from `cache_file` if that was made from these files (names, sizes, times) and this mapping to train ids; else it is
/// computed and written there. A damaged cache is computed again; one that cannot be written is only warned about.
ClassStatistics cached_statistics(const FileDataset& dataset, const DataOptions& options, const std::filesystem::path& cache_file);

/// The file in the user's cache folder that keeps the class statistics of this data between runs.
std::filesystem::path statistics_cache_file(const DataOptions& options);

}  // namespace seg
