// SYNTHIA video sequences: SEQUENCE/RGB/SIDE/CAMERA/000000.png with SEQUENCE/GT/LABELS/SIDE/CAMERA/000000.png, 16-bit, red = class.
#pragma once

#include <string>

#include "data/listing.hpp"
#include "data/options.hpp"

namespace seg {

Listing list_synthia_seqs(const DataOptions& options, const ClassFile& classes, const std::string& split);

}  // namespace seg
