#include "base/memory.hpp"

#include <cstddef>

// jemalloc's own control function, where the program was linked with it.
extern "C" __attribute__((weak)) int mallctl(const char* name, void* old_value, std::size_t* old_length, void* new_value, std::size_t new_length);

namespace seg {

void release_free_memory() {
  if (mallctl == nullptr) return;
  mallctl("thread.tcache.flush", nullptr, nullptr, nullptr, 0);
  mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0);  // 4096: MALLCTL_ARENAS_ALL
}

}  // namespace seg
