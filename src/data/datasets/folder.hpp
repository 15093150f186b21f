// Your own data: images and label PNGs in two trees, paired by stem, split by sub-folders or list files.
//
// folders: IMAGES/SPLIT/a/b.jpg with LABELS/SPLIT/a/b.png. lists: IMAGES/a/b.jpg with LABELS/a/b.png, and a text file a split
// that holds "a/b" or "a/b.jpg", a line an image; empty lines are skipped.
#pragma once

#include <string>
#include <vector>

#include "data/data_options.hpp"
#include "data/listing.hpp"

namespace seg {

Listing list_folder(const DataOptions& options, const ClassFile& classes, const std::string& split);

/// The splits whose sub-folder or list file exists.
std::vector<std::string> folder_splits(const DataOptions& options);

}  // namespace seg
