// Predicts the labels of a video and writes another video, of the label colours or of an overlay.
#pragma once

#include "engine/commands/predict_command.hpp"

namespace seg {

/// predict() for an input that is not an image. Throws kData if OpenCV cannot read the input as a video, kStorage if it cannot write the output. An
/// existing output file stays until the new one is complete. Sound is dropped, with a warning. A signal ends the output after the current frame.
int predict_video(const PredictCommand& command, std::ostream& out);

}  // namespace seg
