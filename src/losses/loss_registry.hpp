// The losses by name: which there are, and how one is built.
#pragma once

#include "losses/loss.hpp"

namespace seg {

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

/// What a loss is called in tables of results: its type and what differs from that type's defaults, such as "ce", "ce+enet", "weighted_ce:enet",
/// "recall momentum 0.9", "sum ohem.threshold 0.5 {ce: 1, ohem: 2}".
std::string loss_label(const LossOptions& options);

}  // namespace seg
