// A trained network for single images of any size: what segpredict asks for each image or frame.
#pragma once

#include <opencv2/core/mat.hpp>

#include <memory>
#include <optional>
#include <vector>

#include "base/classes.hpp"
#include "predict/inference.hpp"

namespace seg {

/// What prediction needs to know of a network.
struct TrainedNetwork {
  std::shared_ptr<Model> model;
  ModelOptions options;  // that it was built from
  EvalOptions eval;
  Size input;                   // that it sees images in; {0, 0}: as they are
  std::int64_t max_pixels = 0;  // for whoever reads images: larger ones are refused
  Compute compute;              // where the model is
  ClassTable classes;
  std::vector<std::int64_t> class_pixels;  // [K] of the training; may be empty without eval.logit_adjustment
};

class Predictor {
 public:
  /// Images above this many pixels are predicted in windows where eval.window is not set, so that memory stays bounded.
  static constexpr std::int64_t kLargestWhole = 4'000'000;
  /// Of these windows.
  static constexpr Size kOwnWindow{1024, 1024};

  explicit Predictor(TrainedNetwork network);

  struct Result {
    torch::Tensor labels;       // u8 [h,w] of the image's own size, train ids
    torch::Tensor probability;  // float32 [h,w] of the class asked for, 0..1; undefined if none was
  };
  /// image: CV_8UC3 RGB.
  Result predict(const cv::Mat& image, std::optional<std::int64_t> probability_of = {});

  const ClassTable& classes() const { return network_.classes; }
  std::int64_t max_pixels() const { return network_.max_pixels; }
  /// Images that were predicted in kOwnWindow so far.
  std::int64_t windowed_images() const { return windowed_images_; }

 private:
  const Inference& inference_for(Size input);

  TrainedNetwork network_;
  Inference inference_;
  std::optional<Inference> windowed_;  // made by the first image that needs it
  std::int64_t windowed_images_ = 0;
};

}  // namespace seg
