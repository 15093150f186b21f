#include "base/memory.hpp"

#include <atomic>
#include <cstddef>

// jemalloc's control function, if the program was linked with jemalloc.
extern "C" __attribute__((weak)) int mallctl(const char* name, void* old_value, std::size_t* old_length, void* new_value, std::size_t new_length);

namespace seg {
namespace {

constinit std::atomic<std::size_t> room_behind = 0;

}  // namespace

void release_free_memory() {
  if (mallctl == nullptr) return;
  mallctl("thread.tcache.flush", nullptr, nullptr, nullptr, 0);
  mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0);  // 4096: MALLCTL_ARENAS_ALL
}

void leave_room_behind_objects(std::size_t bytes) { room_behind.store(bytes, std::memory_order_relaxed); }

std::size_t room_behind_objects() { return room_behind.load(std::memory_order_relaxed); }

}  // namespace seg
