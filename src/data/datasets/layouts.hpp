// The folder layouts of published data sets and of your own folders: each layout lists the files of a split.
#pragma once

#include <string>
#include <vector>

#include "data/data_options.hpp"
#include "data/listing.hpp"

namespace seg {

/// SYNTHIA video sequences: SEQUENCE/RGB/SIDE/CAMERA/000000.png with SEQUENCE/GT/LABELS/SIDE/CAMERA/000000.png, 16-bit, red = class.
Listing list_synthia_seqs(const DataOptions& options, const ClassFile& classes, const std::string& split);

/// SYNTHIA-RAND-CITYSCAPES: RGB/0000000.png with GT/LABELS/0000000.png, 16-bit, red = class; random scenes, so split at random.
Listing list_synthia_rand(const DataOptions& options, const ClassFile& classes, const std::string& split);

/// Cityscapes: leftImg8bit/SPLIT/CITY/X_leftImg8bit.png with gtFine/SPLIT/CITY/X_gtFine_labelIds.png (or labelTrainIds).
Listing list_cityscapes(const DataOptions& options, const ClassFile& classes, const std::string& split);

/// CamVid in the version of the SegNet tutorial: SPLIT/X.jpg (or png) with SPLITannot/X.png, 8-bit ids.
Listing list_camvid(const DataOptions& options, const ClassFile& classes, const std::string& split);

/// Your own data: images and label PNGs in two trees, paired by stem, split by sub-folders or list files.
/// folders: IMAGES/SPLIT/a/b.jpg with LABELS/SPLIT/a/b.png. lists: IMAGES/a/b.jpg with LABELS/a/b.png, and one text file per split
/// with one image per line, "a/b" or "a/b.jpg"; empty lines are skipped.
Listing list_folder(const DataOptions& options, const ClassFile& classes, const std::string& split);

/// The splits whose sub-folder or list file exists.
std::vector<std::string> folder_splits(const DataOptions& options);

}  // namespace seg
