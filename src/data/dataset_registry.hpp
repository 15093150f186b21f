// The registry of data sets: the known layouts, and opening a split.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/data_options.hpp"
#include "data/file_dataset.hpp"

namespace seg {

/// The registry's names, for data.dataset.
std::vector<std::string> dataset_names();

/// Only the class table, which needs no images.
ClassTable load_classes(const DataOptions& options);

/// Pairs images and labels of one split ("train", "val", "test") without reading pixels; `frame` is the size of the frames that get returns. Throws
/// kData for files without a partner (all in one message), for a missing folder (with a hint how to get the data), or a split without images.
std::unique_ptr<FileDataset> open_files(const DataOptions& options, const std::string& split, const FrameSize& frame = {});

/// The splits of the data set, in the order train, val, test.
std::vector<std::string> split_names(const DataOptions& options);

/// The split on which results are reported: test if it has public labels, else val. Throws kData if there is neither.
std::string reported_split(const DataOptions& options);

}  // namespace seg
