// Maps the classes of a model to those of a data set, by name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/classes.hpp"

namespace seg {

struct ClassMapping {
  std::vector<std::uint8_t> model_to_data;  // [model classes] train id in the data set, or 255 for none; empty: the same tables
  std::vector<bool> ignored_truth;          // [data classes] true if the model lacks the class; empty: the same tables
  std::vector<std::string> model_only;      // names without a counterpart
  std::vector<std::string> data_only;

  bool identity() const { return model_to_data.empty(); }
};

/// Names match regardless of case, spaces, '-' and '_'; a short list of synonyms also matches (Pedestrian and person, ...).
/// Throws kData if no class has a counterpart.
ClassMapping map_classes(const ClassTable& model, const ClassTable& data);

}  // namespace seg
