// SYNTHIA video sequences: SEQUENCE/RGB/SIDE/CAMERA/000000.png with SEQUENCE/GT/LABELS/SIDE/CAMERA/000000.png, 16-bit, red = class.
#pragma once

#include <string>

#include "data/data_options.hpp"
#include "data/listing.hpp"

namespace seg {

Listing list_synthia_seqs(const DataOptions& options, const ClassFile& classes, const std::string& split);

}  // namespace seg
