// Runs a loop over files on several threads, and says how many there may be.
#pragma once

#include <cstdint>
#include <functional>

namespace seg {

/// The cores this process may use, at least 1. Of several processes that a launcher started on the machine without giving each its own cores, its
/// share.
std::int64_t available_cores();

/// Threads for `workers`: as many, or one a core for 0.
std::int64_t worker_threads(std::int64_t workers);

/// Calls body(0) .. body(count - 1), each once, in no order. If calls throw, no further ones start and the exception of the
/// lowest index is thrown here.
void parallel_for(std::int64_t count, std::int64_t threads, const std::function<void(std::int64_t)>& body);

}  // namespace seg
