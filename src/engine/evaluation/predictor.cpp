#include "engine/evaluation/predictor.hpp"

#include "data/resize.hpp"
#include "engine/evaluation/trained_model.hpp"
#include "engine/frame_size.hpp"

namespace seg {

namespace {

/// What the members are made from, in the order they need each other.
RunConfig predicting_config(const Checkpoint& checkpoint, const std::filesystem::path& file, const std::vector<std::string>& overrides) {
  RunConfig config = trained_config(checkpoint, file, overrides);
  config.eval.size = ScoredSize::kLabels;  // predictions have the size of their image
  check_evaluation(config);
  return config;
}

cv::Mat image_over(const torch::Tensor& plane, int type) {
  return {static_cast<int>(plane.size(0)), static_cast<int>(plane.size(1)), type, plane.data_ptr()};
}

}  // namespace

cv::Mat Predictor::Result::label_image() const { return image_over(labels, CV_8UC1); }
cv::Mat Predictor::Result::probability_image() const { return image_over(probability, CV_32F); }

Predictor::Predictor(const std::filesystem::path& file, const std::vector<std::string>& overrides, const std::string& device)
    : Predictor(load_checkpoint_metadata(file), file, overrides, device) {}

Predictor::Predictor(const Checkpoint& checkpoint, const std::filesystem::path& file, const std::vector<std::string>& overrides,
                     const std::string& device)
    : classes_(checkpoint.classes),
      config_(predicting_config(checkpoint, file, overrides)),
      compute_(forward_compute(config_, device)),
      model_(trained_model(checkpoint, config_, file, compute_.device)),
      class_pixels_(checkpoint.class_pixels),
      inference_(*model_, config_, compute_, class_pixels_) {}

const Inference& Predictor::inference_for(Size input) {
  const bool own_choice = config_.eval.window.height == 0 || config_.eval.window.width == 0;
  if (!own_choice || input.height * input.width <= kLargestWhole) return inference_;
  if (!windowed_) {
    RunConfig config = config_;
    config.eval.window = kOwnWindow;
    windowed_.emplace(*model_, config, compute_, class_pixels_);
  }
  ++windowed_images_;
  return *windowed_;
}

Predictor::Result Predictor::predict(const cv::Mat& image, std::optional<std::int64_t> probability_of) {
  const cv::Mat seen = resize_image(image, evaluation_frame(config_).image);
  const cv::Mat pixels = seen.isContinuous() ? seen : seen.clone();
  const torch::Tensor input = torch::from_blob(pixels.data, {1, pixels.rows, pixels.cols, 3}, torch::kUInt8);
  const Size own{image.rows, image.cols};
  const Inference& inference = inference_for({pixels.rows, pixels.cols});
  if (!probability_of) return {inference.predict(input, own)[0].cpu().contiguous(), {}};
  const Inference::LabelsAndProbability both = inference.predict_with_probability(input, own, *probability_of);
  return {both.labels[0].cpu().contiguous(), both.probability.cpu().contiguous()};
}

}  // namespace seg
