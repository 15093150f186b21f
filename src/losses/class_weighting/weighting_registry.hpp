// The registry of class weightings: their names, and how to build one.
#pragma once

#include "losses/class_weighting/class_weighting.hpp"

namespace seg {

/// Whether the weights are computed only from the training set's statistics.
bool weighting_needs_statistics(const std::string& name);
/// These weights [K], for a name for which weighting_needs_statistics() is true.
std::vector<double> counted_weights(const std::string& name, const ClassStatistics& statistics);
/// The key below `loss` that the weighting reads, besides the normaliser, or the block, which ends in a dot; nullptr for none.
const char* weighting_key(const std::string& name);
/// `name` is one of weighting_names(). Throws kConfiguration for options that do not match the classes.
Weighting build_weighting(const std::string& name, const LossOptions& options, const LossContext& context);

}  // namespace seg
