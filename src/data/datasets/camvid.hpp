// CamVid as the SegNet tutorial cut it: SPLIT/X.jpg (or png) with SPLITannot/X.png, 8-bit ids.
#pragma once

#include <string>

#include "data/data_options.hpp"
#include "data/listing.hpp"

namespace seg {

Listing list_camvid(const DataOptions& options, const ClassFile& classes, const std::string& split);

}  // namespace seg
