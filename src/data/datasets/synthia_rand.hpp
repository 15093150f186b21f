// SYNTHIA-RAND-CITYSCAPES: RGB/0000000.png with GT/LABELS/0000000.png, 16-bit, red = class; random scenes, so split at random.
#pragma once

#include <string>

#include "data/data_options.hpp"
#include "data/listing.hpp"

namespace seg {

Listing list_synthia_rand(const DataOptions& options, const ClassFile& classes, const std::string& split);

}  // namespace seg
