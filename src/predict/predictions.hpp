// Predicted labels as PNG files that keep the data set's relative paths.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/classes.hpp"

namespace seg {

/// The data set's own ids, 8 bit; train ids, 8 bit, 255 = none; RGB.
enum class PredictionKind { kIds, kTrainIds, kColor };

/// What --save-predictions takes.
const std::vector<std::string>& prediction_kinds();

/// Throws kConfiguration for another text.
PredictionKind prediction_kind(const std::string& text);

class PredictionWriter {
 public:
  /// `model_to_data` as in ClassMapping, empty where model and data share their table. Throws kConfiguration for ids over 255.
  PredictionWriter(std::filesystem::path folder, PredictionKind kind, const ClassTable& data_classes, const std::vector<std::uint8_t>& model_to_data);

  /// prediction: u8 [h,w] of the model's train ids; written to FOLDER/ID.png, never outside the folder. Throws kStorage.
  void write(const std::string& id, const torch::Tensor& prediction) const;

 private:
  std::filesystem::path folder_;
  bool color_;
  std::vector<std::array<std::uint8_t, 3>> values_;  // [256] BGR, or the value three times
};

}  // namespace seg
