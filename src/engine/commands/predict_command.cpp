#include "engine/commands/predict_command.hpp"

#include <opencv2/core/utility.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <ostream>
#include <set>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/nearest.hpp"
#include "config/text.hpp"
#include "data/drawing/picture.hpp"
#include "data/image_io.hpp"
#include "data/listing.hpp"
#include "engine/checkpoints/trained_config.hpp"
#include "engine/commands/video_prediction.hpp"
#include "engine/process.hpp"
#include "predict/overlay.hpp"
#include "predict/predictions.hpp"
#include "predict/predictor.hpp"
#include "report/run/console.hpp"
#include "report/text_table.hpp"

namespace seg {

namespace {

struct InputImage {
  fs::path file;
  std::string id;  // path of its predictions below the output folder, without suffix
};

struct ImageJob {
  fs::path folder;
  std::vector<InputImage> images;
};

constexpr const char* kOverlaySuffix = "_overlay";
constexpr const char* kProbabilitySuffix = "_probability";

/// One image: OUTPUT is a folder, or the PNG itself.
ImageJob single_image(const PredictCommand& command) {
  const bool to_file = has_image_extension(command.output) && !fs::is_directory(command.output);
  if (!to_file) return {command.output, {{command.input, command.input.stem().string()}}};
  if (command.output.extension() != ".png")
    throw Error(ErrorKind::kConfiguration,
                "--output " + command.output.string() + ": predictions are PNG files, because other formats would change the values",
                "use a name that ends in .png, or a folder");
  return {command.output.parent_path(), {{command.input, command.output.stem().string()}}};
}

/// Whether `path` is `folder` or lies below it.
bool is_within(const fs::path& path, const fs::path& folder) {
  const fs::path relative = fs::weakly_canonical(path).lexically_relative(fs::weakly_canonical(folder));
  return !relative.empty() && *relative.begin() != "..";
}

ImageJob images_below(const PredictCommand& command) {
  if (is_within(command.output, command.input))
    throw Error(ErrorKind::kConfiguration,
                "--output " + command.output.string() + " is inside --input, so the next run would read the predictions as images",
                "use a folder outside of it");
  ImageJob job{command.output, {}};
  for (const auto& [stem, file] : find_by_stem(command.input, "", "")) job.images.push_back({file, stem});
  if (job.images.empty())
    throw Error(ErrorKind::kData, "there are no images below " + command.input.string(), "images end in .png, .jpg, .bmp, .ppm, .tif or .webp");
  return job;
}

fs::path output_file(const ImageJob& job, const std::string& id, const char* suffix) { return job.folder / safe_relative_path(id + suffix + ".png"); }

/// Refuses a job that would write a file twice or overwrite an input image.
void check_outputs(const ImageJob& job, const PredictCommand& command) {
  std::set<fs::path> inputs;
  for (const InputImage& image : job.images) inputs.insert(fs::weakly_canonical(image.file));
  std::set<fs::path> outputs;
  std::vector<const char*> suffixes{""};
  if (command.overlay) suffixes.push_back(kOverlaySuffix);
  if (!command.probability.empty()) suffixes.push_back(kProbabilitySuffix);
  for (const InputImage& image : job.images) {
    for (const char* suffix : suffixes) {
      const fs::path file = fs::weakly_canonical(output_file(job, image.id, suffix));
      if (inputs.contains(file)) throw Error(ErrorKind::kConfiguration, "--output would replace the image " + file.string(), "use another folder");
      if (!outputs.insert(file).second)
        throw Error(ErrorKind::kConfiguration, file.string() + " would be written for two images", "rename one, such as " + image.file.string());
    }
  }
}

std::optional<std::int64_t> probability_class(const std::string& name, const ClassTable& classes) {
  if (name.empty()) return std::nullopt;
  const std::vector<std::string> names = names_of(classes);
  const auto found = std::ranges::find(names, name);
  if (found != names.end()) return found - names.begin();
  const std::string near = nearest(name, names);
  throw Error(ErrorKind::kConfiguration, "--probability " + name + ": the model has no such class",
              (near.empty() ? "" : "did you mean " + near + "? ") + std::string("the classes are ") + config::joined(names));
}

/// Predicts image after image and remembers those that cannot be read.
class ImageRun {
 public:
  ImageRun(Predictor& predictor, const ImageJob& job, const PredictCommand& command)
      : predictor_(predictor),
        job_(job),
        command_(command),
        probability_of_(probability_class(command.probability, predictor.classes())),
        writer_(job.folder, command.save_predictions.empty() ? PredictionKind::kIds : prediction_kind(command.save_predictions), predictor.classes(),
                {}) {}

  /// The exit code; throws kData where images were unreadable.
  int run(std::ostream& out) {
    double seconds = 0.0;
    {
      ProgressBar progress(static_cast<std::int64_t>(job_.images.size()), "images");
      for (const InputImage& image : job_.images) {
        if (stop_signal() != 0) break;
        predict_one(image);
        progress.advance();
      }
      seconds = progress.seconds();
    }
    tell(out, seconds);
    if (stop_signal() != 0) return 128 + stop_signal();
    if (!unreadable_.empty())
      throw Error(
          ErrorKind::kData,
          std::to_string(unreadable_.size()) + " of " + std::to_string(job_.images.size()) + " images could not be read: " + first_ten(unreadable_),
          "the other images are done; repair or remove these");
    return 0;
  }

 private:
  void predict_one(const InputImage& image) {
    cv::Mat pixels;
    try {
      pixels = read_image(image.file, predictor_.max_pixels());
    } catch (const Error& error) {
      if (error.kind != ErrorKind::kData) throw;
      unreadable_.push_back(image.file.string());
      defects_.emplace_back(error.what());
      return;
    }
    const Predictor::Result result = predictor_.predict(pixels, probability_of_);
    writer_.write(image.id, result.labels);
    if (command_.overlay)
      write_picture(output_file(job_, image.id, kOverlaySuffix), legend_overlay(pixels, image_over(result.labels), predictor_.classes()));
    if (probability_of_)
      write_picture(output_file(job_, image.id, kProbabilitySuffix), heat_map(image_over(result.probability, CV_32F), command_.probability));
    ++done_;
  }

  void tell(std::ostream& out, double seconds) const {
    if (predictor_.windowed_images() > 0)
      spdlog::info("{} of the images have more than {} megapixels and were predicted in windows of {}; --set eval.window=[H,W] changes this",
                   predictor_.windowed_images(), Predictor::kLargestWhole / 1'000'000, to_string(Predictor::kOwnWindow));
    for (const std::string& defect : defects_) spdlog::error("{}", defect);
    out << done_ << " of " << job_.images.size() << " images in " << fixed(seconds, 1) << " s, "
        << fixed(seconds > 0.0 ? static_cast<double>(done_) / seconds : 0.0, 2)
        << " images/s\npredictions: " << (job_.folder.empty() ? "." : job_.folder.string()) << '\n';
  }

  Predictor& predictor_;
  const ImageJob& job_;
  const PredictCommand& command_;
  std::optional<std::int64_t> probability_of_;
  PredictionWriter writer_;
  std::int64_t done_ = 0;
  std::vector<std::string> unreadable_;
  std::vector<std::string> defects_;
};

}  // namespace

int predict(const PredictCommand& command, std::ostream& out) {
  cv::setNumThreads(1);
  watch_stop_signals();
  if (!command.save_predictions.empty()) prediction_kind(command.save_predictions);  // refuses an unknown kind before anything is read
  std::error_code ignored;
  if (!fs::exists(command.input, ignored))
    throw Error(ErrorKind::kData, "--input " + command.input.string() + " does not exist", "give an image, a folder of images or a video");
  const bool folder = fs::is_directory(command.input);
  if (!folder && !has_image_extension(command.input)) return predict_video(command, out);
  const ImageJob job = folder ? images_below(command) : single_image(command);
  check_outputs(job, command);
  Predictor predictor(trained_network(command.checkpoint, command.overrides, command.device));
  return ImageRun(predictor, job, command).run(out);
}

}  // namespace seg
