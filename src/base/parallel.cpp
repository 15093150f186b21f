#include "base/parallel.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/launch.hpp"

namespace seg {

namespace {

/// The cores that a process may use; empty if that cannot be read.
cpu_set_t cores_of(pid_t process) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(process, sizeof set, &set) != 0) CPU_ZERO(&set);
  return set;
}

}  // namespace

std::int64_t available_cores() {
  const cpu_set_t own = cores_of(0);
  const std::int64_t sharers = read_launch().local_size;
  if (sharers == 1) return std::max(1, CPU_COUNT(&own));
  // If the launcher binds each process to its own cores, the launcher itself has more cores than this process.
  const cpu_set_t launchers = cores_of(getppid());
  return std::max<std::int64_t>(1, CPU_EQUAL(&own, &launchers) ? CPU_COUNT(&own) / sharers : CPU_COUNT(&own));
}

std::int64_t worker_threads(std::int64_t workers) { return workers > 0 ? workers : available_cores(); }

void parallel_for(std::int64_t count, std::int64_t threads, const std::function<void(std::int64_t)>& body) {
  std::atomic<std::int64_t> next = 0;
  std::atomic<bool> stop = false;
  std::mutex mutex;
  std::exception_ptr first;
  std::int64_t first_index = count;
  const auto work = [&] {
    // Indices are taken in order, so all calls below a failed index have started and are waited for. Thus the lowest failure is always the same.
    while (!stop) {
      const std::int64_t index = next++;
      if (index >= count) return;
      try {
        body(index);
      } catch (...) {
        const std::lock_guard lock(mutex);
        stop = true;
        if (index < first_index) {
          first_index = index;
          first = std::current_exception();
        }
      }
    }
  };
  std::vector<std::jthread> pool;
  for (std::int64_t i = 1; i < std::min(threads, count); ++i) pool.emplace_back(work);
  work();
  pool.clear();
  if (first) std::rethrow_exception(first);
}

}  // namespace seg
