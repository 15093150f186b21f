// The classes of a model held against those of a data set, by name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/classes.hpp"

namespace seg {

struct ClassMapping {
  std::vector<std::uint8_t> model_to_data;  // [model classes] train id in the data set, or 255 for none; empty: the same tables
  std::vector<bool> ignored_truth;          // [data classes] not among the model's; empty: the same tables
  std::vector<std::string> model_only;      // names without a counterpart
  std::vector<std::string> data_only;

  bool identity() const { return model_to_data.empty(); }
};

/// Names agree without regard to case, spaces, '-' and '_', and through a short list of synonyms (Pedestrian and person, ...).
/// Throws kData where no class has a counterpart.
ClassMapping map_classes(const ClassTable& model, const ClassTable& data);

}  // namespace seg
