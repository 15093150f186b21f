// Predicted labels as PNG files that keep the data set's relative paths.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/classes.hpp"

namespace seg {

/// "ids", "train-ids", "color".
const std::vector<std::string>& prediction_kinds();

/// Throws kConfiguration unless `kind` is "ids" (the data set's own ids, 8 bit), "train-ids" (8 bit, 255 = none) or "color" (RGB).
void check_prediction_kind(const std::string& kind);

class PredictionWriter {
 public:
  /// `kind`: as above; `model_to_data` as in
  /// ClassMapping, empty where model and data share their table. Throws kConfiguration for another kind or ids over 255.
  PredictionWriter(std::filesystem::path folder, const std::string& kind, const ClassTable& data_classes,
                   const std::vector<std::uint8_t>& model_to_data);

  /// prediction: u8 [h,w] of the model's train ids; written to FOLDER/ID.png, never outside the folder. Throws kStorage.
  void write(const std::string& id, const torch::Tensor& prediction) const;

 private:
  std::filesystem::path folder_;
  bool color_;
  std::vector<std::array<std::uint8_t, 3>> values_;  // [256] BGR, or the value three times
};

}  // namespace seg
