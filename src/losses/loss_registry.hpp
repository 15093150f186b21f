// The losses by name: which there are, and how one is built.
#pragma once

#include "losses/loss.hpp"

namespace seg {

/// The registry's names, for loss.type.
std::vector<std::string> loss_names();
/// Throws kConfiguration for options that contradict each other, whatever the classes are.
void check_loss(const LossOptions& options);
/// Whether build_loss() wants LossContext::statistics for these options.
bool needs_statistics(const LossOptions& options);
/// Throws kConfiguration for options that do not fit the classes.
std::unique_ptr<Loss> build_loss(const LossOptions& options, const LossContext& context);

/// Whether the loss takes loss.weighting.
bool follows_weighting(const std::string& loss);
/// The name of the class weighting of a loss: its own, or what loss.weighting says. Throws kConfiguration where that says something that
/// the loss cannot follow.
std::string weighting_of(const LossOptions& options);

/// What a loss is made of: itself, or the parts of a sum.
std::vector<LossOptions> parts_of(const LossOptions& options);
/// The keys below `loss` that a loss reads by itself, beside its weighting; each is a key or, ending in a dot, a block.
std::vector<std::string> loss_keys(const std::string& loss);

}  // namespace seg
