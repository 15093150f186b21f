// Cityscapes: leftImg8bit/SPLIT/CITY/X_leftImg8bit.png with gtFine/SPLIT/CITY/X_gtFine_labelIds.png (or labelTrainIds).
#pragma once

#include <string>

#include "data/data_options.hpp"
#include "data/listing.hpp"

namespace seg {

Listing list_cityscapes(const DataOptions& options, const ClassFile& classes, const std::string& split);

}  // namespace seg
