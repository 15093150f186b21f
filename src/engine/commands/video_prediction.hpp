// A video through a network: its frames as label colours, or drawn over, as another video.
#pragma once

#include "engine/commands/predict_command.hpp"

namespace seg {

/// predict() for what is no image. Throws kData if OpenCV cannot read the input as a video, kStorage if it cannot write the output; a file that was
/// there stays until the new one is complete. Sound is dropped, and the log says so. A signal ends the output with the frames until then.
int predict_video(const PredictCommand& command, std::ostream& out);

}  // namespace seg
