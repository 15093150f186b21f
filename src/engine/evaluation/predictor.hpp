// A trained network for single images of any size: what segpredict asks for each image or frame.
#pragma once

#include <opencv2/core/mat.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/checkpoints/checkpoint.hpp"
#include "engine/evaluation/inference.hpp"
#include "engine/run_config.hpp"

namespace seg {

class Predictor {
 public:
  /// Images above this many pixels are predicted in windows where eval.window is not set, so that memory stays bounded.
  static constexpr std::int64_t kLargestWhole = 4'000'000;
  /// Of these windows.
  static constexpr Size kOwnWindow{1024, 1024};

  /// The network in `checkpoint` with its own configuration and `overrides`; no training data is touched. Throws kConfiguration, kStorage.
  Predictor(const std::filesystem::path& checkpoint, const std::vector<std::string>& overrides, const std::string& device);

  struct Result {
    torch::Tensor labels;       // u8 [h,w] of the image's own size, train ids
    torch::Tensor probability;  // float32 [h,w] of the class asked for, 0..1; undefined if none was

    cv::Mat label_image() const;        // CV_8UC1; shares the memory
    cv::Mat probability_image() const;  // CV_32F; likewise
  };
  /// image: CV_8UC3 RGB; the network sees it as eval.input says.
  Result predict(const cv::Mat& image, std::optional<std::int64_t> probability_of = {});

  const ClassTable& classes() const { return classes_; }
  const RunConfig& config() const { return config_; }
  /// Images that were predicted in kOwnWindow so far.
  std::int64_t windowed_images() const { return windowed_images_; }

 private:
  Predictor(const Checkpoint& checkpoint, const std::filesystem::path& file, const std::vector<std::string>& overrides, const std::string& device);
  const Inference& inference_for(Size input);

  ClassTable classes_;
  RunConfig config_;
  Compute compute_;
  std::shared_ptr<Model> model_;
  std::vector<std::int64_t> class_pixels_;
  Inference inference_;
  std::optional<Inference> windowed_;  // made by the first image that needs it
  std::int64_t windowed_images_ = 0;
};

}  // namespace seg
