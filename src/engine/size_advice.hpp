// Whether data.size suits the frames: what is allowed, but probably not meant.
#pragma once

#include <string>

#include "engine/run_config.hpp"

namespace seg {

/// One line on crops that no frame fills, or on a height and width that were exchanged; "" where data.size suits frames of this size.
std::string size_advice(const RunConfig& config, const Size& frame);

}  // namespace seg
