// The one place that decides which size the network sees: what data sets give, and what prediction makes of its images.
#pragma once

#include "data/sample.hpp"
#include "engine/run_config.hpp"

namespace seg {

/// The whole frame at data.size; as in the files where training crops.
FrameSize training_frame(const RunConfig& config);

/// Images as eval.input says, labels as eval.size says.
FrameSize evaluation_frame(const RunConfig& config);

}  // namespace seg
