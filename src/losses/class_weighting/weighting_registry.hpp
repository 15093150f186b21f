// The class weightings by name: which there are, and how one is built.
#pragma once

#include "losses/class_weighting/class_weighting.hpp"

namespace seg {

/// The registry's names, for loss.weighting.
std::vector<std::string> weighting_names();
/// Those whose weights stay the same in every step, for loss.weighted_ce.scheme.
std::vector<std::string> static_weighting_names();
/// Whether the weights come from the training set's statistics alone.
bool weighting_needs_statistics(const std::string& name);
/// These weights [K], for a name of which that is true.
std::vector<double> counted_weights(const std::string& name, const ClassStatistics& statistics);
/// The keys below `loss` that the weighting reads, beside the normaliser; each is a key or, ending in a dot, a block.
std::vector<std::string> weighting_keys(const std::string& name);
/// `name` is one of weighting_names(). Throws kConfiguration for options that do not fit the classes.
Weighting build_weighting(const std::string& name, const LossOptions& options, const LossContext& context);

}  // namespace seg
