#include "engine/evaluation/predictor.hpp"

#include "engine/evaluation/trained_model.hpp"
#include "engine/experiment.hpp"

namespace seg {

namespace {

/// What the members are made from, in the order they need each other.
RunConfig predicting_config(const Checkpoint& checkpoint, const std::filesystem::path& file, const std::vector<std::string>& overrides) {
  RunConfig config = trained_config(checkpoint, file, overrides);
  config.eval.size = "labels";  // predictions have the size of their image
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
      transform_(evaluation_transform_of(config_)),
      inference_(*model_, config_.model, config_.augment.normalize, config_.eval, compute_) {}

const Inference& Predictor::inference_for(Size input) {
  const bool own_choice = config_.eval.window.height == 0 || config_.eval.window.width == 0;
  if (!own_choice || input.height * input.width <= kLargestWhole) return inference_;
  if (!windowed_) {
    EvalOptions options = config_.eval;
    options.window = kOwnWindow;
    windowed_.emplace(*model_, config_.model, config_.augment.normalize, options, compute_);
  }
  ++windowed_images_;
  return *windowed_;
}

Predictor::Result Predictor::predict(const cv::Mat& image, std::optional<std::int64_t> probability_of) {
  const Sample seen = transform_({image, {}, {}}, 0);
  const cv::Mat pixels = seen.image.isContinuous() ? seen.image : seen.image.clone();
  const torch::Tensor input = torch::from_blob(pixels.data, {1, pixels.rows, pixels.cols, 3}, torch::kUInt8);
  const Size own{image.rows, image.cols};
  const Inference& inference = inference_for({pixels.rows, pixels.cols});
  if (!probability_of) return {inference.predict(input, own)[0].contiguous(), {}};
  const Inference::LabelsAndProbability both = inference.predict_with_probability(input, own, *probability_of);
  return {both.labels[0].contiguous(), both.probability.contiguous()};
}

}  // namespace seg
