// A video through a network: its frames as label colours, or drawn over, as another video.
#pragma once

#include <cstdint>
#include <filesystem>

#include "predict/predictor.hpp"

namespace seg {

struct VideoRequest {
  std::filesystem::path input;
  std::filesystem::path output;  // .mp4, .avi or .mkv
  bool overlay = false;          // else label colours alone
};

struct VideoResult {
  std::int64_t frames = 0;
  double seconds = 0.0;  // of work
  bool stopped = false;  // by a signal; the output holds the frames until then
};

/// Where the video goes: `output` itself if it ends like a video, else OUTPUT/NAME.mp4. Throws kConfiguration if that is the input.
std::filesystem::path video_output(const std::filesystem::path& input, const std::filesystem::path& output);

/// Throws kData if OpenCV cannot read the input as a video, kStorage if it cannot write the output; a file that was there stays
/// until the new one is complete. Sound is dropped, and the log says so.
VideoResult predict_video(Predictor& predictor, const VideoRequest& request);

}  // namespace seg
