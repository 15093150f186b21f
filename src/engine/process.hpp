// This process: the signals that stop it, its group of ranks, its time and its memory.
#pragma once

#include <cstdint>
#include <functional>

#include "ranks/communicator.hpp"

namespace seg {

/// Handles SIGINT and SIGTERM from now on: the first asks the run to save and stop at the next step, the second ends the program at once.
void watch_stop_signals();
/// The signal that asked to stop, or 0.
int stop_signal();

/// Joins the other processes of the launch (base/launch.hpp); from then on only the first one logs. Without a launcher there is one process.
/// Throws kConfiguration, kRanks.
Communicator join_ranks(double timeout_s);

double seconds_of(const std::function<void()>& work);

/// Peak resident memory of this process since its start, in bytes.
std::int64_t peak_resident_bytes();

}  // namespace seg
