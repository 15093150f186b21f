#include "engine/commands/video_prediction.hpp"

#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>
#include <spdlog/spdlog.h>

#include <cmath>

#include "base/error.hpp"
#include "base/files.hpp"
#include "data/drawing/picture.hpp"
#include "engine/stop.hpp"
#include "predict/overlay.hpp"
#include "predict/predictions.hpp"
#include "report/run/progress_bar.hpp"

namespace seg {

namespace {

constexpr double kUnknownRate = 25.0;  // frames a second, where the file does not say

bool has_video_extension(const fs::path& path) {
  const fs::path extension = path.extension();
  return extension == ".mp4" || extension == ".avi" || extension == ".mkv";
}

/// The codec that FFmpeg brings everywhere for this container.
int codec_of(const fs::path& path) {
  return path.extension() == ".avi" ? cv::VideoWriter::fourcc('M', 'J', 'P', 'G') : cv::VideoWriter::fourcc('m', 'p', '4', 'v');
}

/// A video file that appears under its name when it is complete.
class VideoFile {
 public:
  VideoFile(fs::path path, double rate)
      : path_(std::move(path)), partial_(path_.parent_path() / (path_.stem().string() + ".partial" + path_.extension().string())), rate_(rate) {
    make_directories(path_.parent_path().empty() ? "." : path_.parent_path());
  }
  ~VideoFile() {
    writer_.release();
    std::error_code ignored;
    fs::remove(partial_, ignored);
  }
  VideoFile(const VideoFile&) = delete;
  VideoFile& operator=(const VideoFile&) = delete;

  void add(const cv::Mat& rgb) {
    cv::Mat bgr;
    cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
    // Codecs halve the colour planes; OpenCV would cut an odd row or column off.
    if (bgr.rows % 2 != 0 || bgr.cols % 2 != 0) cv::copyMakeBorder(bgr, bgr, 0, bgr.rows % 2, 0, bgr.cols % 2, cv::BORDER_REPLICATE);
    if (!writer_.isOpened() && !writer_.open(partial_.string(), codec_of(path_), rate_, bgr.size()))
      throw Error(ErrorKind::kStorage, "cannot write the video " + path_.string(), "check the folder's permissions, or write an .avi");
    writer_.write(bgr);
  }

  void finish() {
    writer_.release();
    std::error_code error;
    fs::rename(partial_, path_, error);
    if (error) throw Error(ErrorKind::kStorage, "cannot write the video " + path_.string() + ": " + error.message(), "check the folder's space");
  }

 private:
  fs::path path_;
  fs::path partial_;
  double rate_;
  cv::VideoWriter writer_;
};

}  // namespace

fs::path video_output(const fs::path& input, const fs::path& output) {
  const fs::path file = has_video_extension(output) ? output : output / safe_file_name(input.stem().string() + ".mp4");
  std::error_code ignored;
  if (fs::equivalent(file, input, ignored))
    throw Error(ErrorKind::kConfiguration, "--output would replace the video " + input.string(), "name another file or folder");
  return file;
}

VideoResult predict_video(Predictor& predictor, const VideoRequest& request) {
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);  // each of OpenCV's readers would complain by itself
  cv::VideoCapture capture(request.input.string());
  cv::Mat frame;
  if (!capture.isOpened() || !capture.read(frame))
    throw Error(ErrorKind::kData, request.input.string() + " is neither an image nor a video that OpenCV can read",
                "images end in .png, .jpg, .bmp, .ppm, .tif or .webp; `ffprobe FILE` shows what a video holds");
  const double rate = capture.get(cv::CAP_PROP_FPS);
  const auto promised = static_cast<std::int64_t>(std::max(0.0, capture.get(cv::CAP_PROP_FRAME_COUNT)));
  spdlog::warn("{}: OpenCV writes no sound, so the output has none", request.input.string());
  VideoFile file(request.output, std::isfinite(rate) && rate > 0.0 ? rate : kUnknownRate);
  const ClassTable& classes = predictor.classes();
  VideoResult result;
  {
    ProgressBar progress(promised, "frames");
    do {
      cv::Mat rgb;
      cv::cvtColor(frame, rgb, cv::COLOR_BGR2RGB);
      const Predictor::Result prediction = predictor.predict(rgb);
      const cv::Mat labels = image_over(prediction.labels);
      file.add(request.overlay ? video_overlay(rgb, labels, classes) : color_labels(labels, classes));
      ++result.frames;
      progress.advance();
      result.stopped = stop_signal() != 0;
    } while (!result.stopped && capture.read(frame));
    result.seconds = progress.seconds();
  }
  file.finish();
  if (!result.stopped && result.frames < promised)
    spdlog::warn("{}: its header promises {} frames, {} could be read", request.input.string(), promised, result.frames);
  return result;
}

}  // namespace seg
