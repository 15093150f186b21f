// Runs a loop on several threads, and finds out how many threads are available.
#pragma once

#include <cstdint>
#include <functional>

namespace seg {

/// The number of cores that this process may use, at least 1. If a launcher started several processes on the machine without assigning cores to each,
/// this process's share of the cores.
std::int64_t available_cores();

/// The number of threads for the option `workers`: 0 means one per core.
std::int64_t worker_threads(std::int64_t workers);

/// Calls body(0) .. body(count - 1), each once, in any order. If a call throws, no further calls start, and this function throws the exception of
/// the lowest index.
void parallel_for(std::int64_t count, std::int64_t threads, const std::function<void(std::int64_t)>& body);

}  // namespace seg
