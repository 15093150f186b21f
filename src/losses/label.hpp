// What a loss is called in tables of results.
#pragma once

#include <string>

#include "losses/loss_options.hpp"

namespace seg {

/// Its type and what differs from that type's defaults, such as "ce", "ce+enet", "weighted_ce:enet", "recall momentum 0.9",
/// "sum ohem.threshold 0.5 {ce: 1, ohem: 2}".
std::string loss_label(const LossOptions& options);

}  // namespace seg
