// The data sets by name: which layouts there are, and how a split of one is opened.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/data_options.hpp"
#include "data/file_dataset.hpp"

namespace seg {

/// The registry's names, for data.dataset.
std::vector<std::string> dataset_names();

/// The class table alone: needs no images.
ClassTable load_classes(const DataOptions& options);

/// Pairs images and labels of one split ("train", "val", "test") without reading pixels; `frame` is the size that get gives. Throws kData with
/// all orphans in one message, for a missing folder (with how to get the data) or a split without images.
std::unique_ptr<FileDataset> open_files(const DataOptions& options, const std::string& split, const FrameSize& frame = {});

/// The splits the set has, in the order train, val, test.
std::vector<std::string> split_names(const DataOptions& options);

/// The split that results are reported on: test where it has public labels, else val. Throws kData where there is neither.
std::string reported_split(const DataOptions& options);

}  // namespace seg
