// Predicts single images of any size with a trained network. segpredict uses it for each image or frame.
#pragma once

#include <opencv2/core/mat.hpp>

#include <memory>
#include <optional>
#include <vector>

#include "base/classes.hpp"
#include "predict/inference.hpp"

namespace seg {

/// A network with all that prediction needs.
struct TrainedNetwork {
  std::shared_ptr<Model> model;
  ModelOptions options;  // from which it was built
  EvalOptions eval;
  Size input;                   // size to which images are resized; {0, 0}: their own size
  std::int64_t max_pixels = 0;  // limit for reading images: larger ones are refused
  Compute compute;              // device and precision of the model
  ClassTable classes;
  std::vector<std::int64_t> class_pixels;  // [K] of the training; may be empty without eval.logit_adjustment
};

class Predictor {
 public:
  /// Larger images, in pixels, are predicted in windows if eval.window is not set, so that memory stays bounded.
  static constexpr std::int64_t kLargestWhole = 4'000'000;
  /// Size of these windows.
  static constexpr Size kOwnWindow{1024, 1024};

  explicit Predictor(TrainedNetwork network);

  struct Result {
    torch::Tensor labels;       // u8 [h,w] of the image's own size, train ids
    torch::Tensor probability;  // float32 [h,w] of the requested class, 0..1; undefined if none was requested
  };
  /// image: CV_8UC3 RGB.
  Result predict(const cv::Mat& image, std::optional<std::int64_t> probability_of = {});

  const ClassTable& classes() const { return network_.classes; }
  std::int64_t max_pixels() const { return network_.max_pixels; }
  /// Number of images predicted in windows of kOwnWindow so far.
  std::int64_t windowed_images() const { return windowed_images_; }

 private:
  const Inference& inference_for(Size input);

  TrainedNetwork network_;
  Inference inference_;
  std::optional<Inference> windowed_;  // made by the first image that needs it
  std::int64_t windowed_images_ = 0;
};

}  // namespace seg
