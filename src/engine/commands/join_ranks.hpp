// How a program becomes one of several ranks.
#pragma once

#include "ranks/communicator.hpp"

namespace seg {

/// Meets the other processes of the launch (base/launch.hpp), of which only the first one logs from then on. One process where no launcher says
/// otherwise. Throws kConfiguration, kRanks.
Communicator join_ranks(double timeout_s);

}  // namespace seg
