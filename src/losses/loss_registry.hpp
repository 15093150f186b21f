// The registry of losses: their names, and how to build one.
#pragma once

#include "losses/loss.hpp"

namespace seg {

/// Throws kConfiguration for options that contradict each other, independently of the classes.
void check_loss(const LossOptions& options);
/// Whether build_loss() needs LossContext::statistics for these options.
bool needs_statistics(const LossOptions& options);
/// Throws kConfiguration for options that do not match the classes.
std::unique_ptr<Loss> build_loss(const LossOptions& options, const LossContext& context);

/// Whether the loss uses loss.weighting.
bool follows_weighting(const std::string& loss);
/// The name of the class weighting of a loss: its own, or loss.weighting. Throws kConfiguration if loss.weighting is set but the loss cannot use
/// it.
std::string weighting_of(const LossOptions& options);

/// The name of a loss in result tables: its type and the settings that differ from that type's defaults, such as "ce", "ce+enet", "weighted_ce:enet",
/// "recall momentum 0.9", "sum ohem.threshold 0.5 {ce: 1, ohem: 2}".
std::string loss_label(const LossOptions& options);

}  // namespace seg
