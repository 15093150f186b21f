// This process: the signals that stop it, the ranks it is one of, the time and memory it takes.
#pragma once

#include <cstdint>
#include <functional>

#include "ranks/communicator.hpp"

namespace seg {

/// SIGINT and SIGTERM from now on: the first asks the run to save and stop at the next step, the second ends the program at once.
void watch_stop_signals();
/// The signal that asked to stop, or 0.
int stop_signal();

/// Meets the other processes of the launch (base/launch.hpp), of which only the first one logs from then on. One process where no launcher says
/// otherwise. Throws kConfiguration, kRanks.
Communicator join_ranks(double timeout_s);

double seconds_of(const std::function<void()>& work);

/// Bytes: the most that this process has had resident at once since its start.
std::int64_t peak_resident_bytes();

}  // namespace seg
