#include "predict/predictor.hpp"

#include <utility>

#include "data/resize.hpp"

namespace seg {

Predictor::Predictor(TrainedNetwork network)
    : network_(std::move(network)), inference_(*network_.model, network_.options, network_.eval, network_.compute, network_.class_pixels) {}

const Inference& Predictor::inference_for(Size input) {
  const bool own_choice = network_.eval.window.height == 0 || network_.eval.window.width == 0;
  if (!own_choice || input.height * input.width <= kLargestWhole) return inference_;
  if (!windowed_) {
    EvalOptions options = network_.eval;
    options.window = kOwnWindow;
    windowed_.emplace(*network_.model, network_.options, options, network_.compute, network_.class_pixels);
  }
  ++windowed_images_;
  return *windowed_;
}

Predictor::Result Predictor::predict(const cv::Mat& image, std::optional<std::int64_t> probability_of) {
  const cv::Mat seen = resize_image(image, network_.input);
  const cv::Mat pixels = seen.isContinuous() ? seen : seen.clone();
  const torch::Tensor input = torch::from_blob(pixels.data, {1, pixels.rows, pixels.cols, 3}, torch::kUInt8);
  const Size own{image.rows, image.cols};
  const Inference& inference = inference_for({pixels.rows, pixels.cols});
  if (!probability_of) return {inference.predict(input, own)[0].cpu().contiguous(), {}};
  const Inference::LabelsAndProbability both = inference.predict_with_probability(input, own, *probability_of);
  return {both.labels[0].cpu().contiguous(), both.probability.cpu().contiguous()};
}

}  // namespace seg
