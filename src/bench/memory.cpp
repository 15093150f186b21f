#include "bench/memory.hpp"

#include <malloc.h>
#include <sys/resource.h>

#include <fstream>
#include <string>

#include "base/memory.hpp"

namespace seg {

namespace {

/// A line of /proc/self/status such as "VmHWM:   1234 kB", in bytes.
std::optional<std::int64_t> status_bytes(const std::string& name) {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;) {
    std::int64_t kilobytes = 0;
    if (word == name && file >> kilobytes) return kilobytes * 1024;
  }
  return std::nullopt;
}

/// Gives what is freed back to the system.
void release_freed() {
  release_free_memory();
  malloc_trim(0);
}

}  // namespace

std::int64_t peak_resident_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::int64_t>(usage.ru_maxrss) * 1024;
}

std::optional<std::int64_t> extra_resident_bytes(const std::function<void()>& work) {
  release_freed();  // freed blocks that are still resident would be used again unseen
  std::ofstream forget("/proc/self/clear_refs");
  const bool forgotten = static_cast<bool>(forget << "5" << std::flush);
  const auto before = status_bytes("VmRSS:");
  work();
  const auto peak = status_bytes("VmHWM:");
  if (!forgotten || !before || !peak) return std::nullopt;
  return *peak - *before;
}

}  // namespace seg
