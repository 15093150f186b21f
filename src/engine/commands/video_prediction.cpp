#include "engine/commands/video_prediction.hpp"

#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>
#include <spdlog/spdlog.h>

#include <cmath>
#include <ostream>

#include "base/error.hpp"
#include "base/files.hpp"
#include "data/drawing/picture.hpp"
#include "engine/checkpoints/trained_config.hpp"
#include "engine/process.hpp"
#include "predict/overlay.hpp"
#include "predict/predictions.hpp"
#include "report/run/console.hpp"
#include "report/text_table.hpp"

namespace seg {

namespace {

constexpr double kUnknownRate = 25.0;  // frames per second, if the file does not state its rate

bool has_video_extension(const fs::path& path) {
  const fs::path extension = path.extension();
  return extension == ".mp4" || extension == ".avi" || extension == ".mkv";
}

/// A codec for this container that every build of FFmpeg contains.
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
      throw Error(ErrorKind::kStorage, "cannot write the video " + path_.string(), "check the permissions of the folder, or write an .avi");
    writer_.write(bgr);
  }

  void finish() {
    writer_.release();
    std::error_code error;
    fs::rename(partial_, path_, error);
    if (error) throw Error(ErrorKind::kStorage, "cannot write the video " + path_.string() + ": " + error.message(), "check the free space");
  }

 private:
  fs::path path_;
  fs::path partial_;
  double rate_;
  cv::VideoWriter writer_;
};

/// Path of the video: `output` itself if it has the extension of a video, else OUTPUT/NAME.mp4. Throws kConfiguration if that is the input.
fs::path video_output(const fs::path& input, const fs::path& output) {
  fs::path file = has_video_extension(output) ? output : output / safe_file_name(input.stem().string() + ".mp4");
  std::error_code ignored;
  if (fs::equivalent(file, input, ignored))
    throw Error(ErrorKind::kConfiguration, "--output would replace the video " + input.string(), "use another file or folder");
  return file;
}

/// Refuses the options that do not work for a video.
void check_command(const PredictCommand& command) {
  const std::string hint = "write the video's frames as images first, such as `ffmpeg -i VIDEO FOLDER/%06d.png`";
  if (!command.save_predictions.empty() && prediction_kind(command.save_predictions) != PredictionKind::kColor)
    throw Error(ErrorKind::kConfiguration, "--save-predictions " + command.save_predictions + ": video compression would change the ids", hint);
  if (!command.probability.empty())
    throw Error(ErrorKind::kConfiguration, "--probability works only for images, and " + command.input.string() + " is not an image", hint);
}

}  // namespace

int predict_video(const PredictCommand& command, std::ostream& out) {
  check_command(command);
  const fs::path output = video_output(command.input, command.output);
  Predictor predictor(trained_network(command.checkpoint, command.overrides, command.device));
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);  // otherwise each of OpenCV's readers would print its own error
  cv::VideoCapture capture(command.input.string());
  cv::Mat frame;
  if (!capture.isOpened() || !capture.read(frame))
    throw Error(ErrorKind::kData, command.input.string() + " is neither an image nor a video that OpenCV can read",
                "images end in .png, .jpg, .bmp, .ppm, .tif or .webp; `ffprobe FILE` shows what a video holds");
  const double rate = capture.get(cv::CAP_PROP_FPS);
  const auto promised = static_cast<std::int64_t>(std::max(0.0, capture.get(cv::CAP_PROP_FRAME_COUNT)));
  spdlog::warn("{}: the output has no sound, because OpenCV does not write sound", command.input.string());
  VideoFile file(output, std::isfinite(rate) && rate > 0.0 ? rate : kUnknownRate);
  const ClassTable& classes = predictor.classes();
  std::int64_t frames = 0;
  double seconds = 0.0;  // of work
  bool stopped = false;
  {
    ProgressBar progress(promised, "frames");
    do {
      cv::Mat rgb;
      cv::cvtColor(frame, rgb, cv::COLOR_BGR2RGB);
      const Predictor::Result prediction = predictor.predict(rgb);
      const cv::Mat labels = image_over(prediction.labels);
      file.add(command.overlay ? video_overlay(rgb, labels, classes) : color_labels(labels, classes));
      ++frames;
      progress.advance();
      stopped = stop_signal() != 0;
    } while (!stopped && capture.read(frame));
    seconds = progress.seconds();
  }
  file.finish();
  if (!stopped && frames < promised) spdlog::warn("{}: the header announces {} frames, {} could be read", command.input.string(), promised, frames);
  out << frames << " frames in " << fixed(seconds, 1) << " s, " << fixed(seconds > 0.0 ? static_cast<double>(frames) / seconds : 0.0, 2)
      << " images/s\nvideo: " << output.string() << '\n';
  return stopped ? 128 + stop_signal() : 0;
}

}  // namespace seg
