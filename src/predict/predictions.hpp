// Converts predicted labels to images, and writes them to PNG files under the data set's relative paths.
#pragma once

#include <opencv2/core/mat.hpp>
#include <torch/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/classes.hpp"

namespace seg {

/// A contiguous plane [h,w] on the CPU as an image of this OpenCV type over the same memory.
cv::Mat image_over(const torch::Tensor& plane, int type = CV_8UC1);

/// kIds: the data set's ids, 8 bit; kTrainIds: 8 bit, 255 = none; kColor: RGB.
enum class PredictionKind { kIds, kTrainIds, kColor };

/// The values of --save-predictions.
const std::vector<std::string>& prediction_kinds();

/// Throws kConfiguration for any other text.
PredictionKind prediction_kind(const std::string& text);

class PredictionWriter {
 public:
  /// `model_to_data` as in ClassMapping, empty if model and data have the same class table. Throws kConfiguration for ids over 255.
  PredictionWriter(std::filesystem::path folder, PredictionKind kind, const ClassTable& data_classes, const std::vector<std::uint8_t>& model_to_data);

  /// prediction: u8 [h,w] of the model's train ids; written to FOLDER/ID.png, never outside the folder. Throws kStorage.
  void write(const std::string& id, const torch::Tensor& prediction) const;

 private:
  std::filesystem::path folder_;
  ClassTable colors_;  // of the data set; empty if ids are written
  cv::Mat values_;     // 1x256: the value for each train id of the model; for colours, the data set's train id
};

}  // namespace seg
