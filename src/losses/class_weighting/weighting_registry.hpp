// The class weightings by name: which there are, and how one is built.
#pragma once

#include "losses/class_weighting/class_weighting.hpp"

namespace seg {

/// Whether the weights come from the training set's statistics alone.
bool weighting_needs_statistics(const std::string& name);
/// These weights [K], for a name of which that is true.
std::vector<double> counted_weights(const std::string& name, const ClassStatistics& statistics);
/// The key below `loss` that the weighting reads, beside the normaliser, or, ending in a dot, the block; nullptr for none.
const char* weighting_key(const std::string& name);
/// `name` is one of weighting_names(). Throws kConfiguration for options that do not fit the classes.
Weighting build_weighting(const std::string& name, const LossOptions& options, const LossContext& context);

}  // namespace seg
