// The allocator of every program, jemalloc: its options, and the room behind objects (not in the sanitizers' builds, which bring their own).
// A training step frees and takes the same hundreds of megabytes again; the C library's allocator leaves gaps between them that grow
// from step to step, or gives them back to the system, which then clears each page anew.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "base/memory.hpp"

extern "C" {
// Freed pages stay with the program until release_free_memory (base/memory.hpp): read by jemalloc at its start, by this name.
extern const char* const malloc_conf;
const char* const malloc_conf = "dirty_decay_ms:-1,muzzy_decay_ms:-1";
}

namespace {

void* allocate(std::size_t size) noexcept {
  const std::size_t room = seg::room_behind_objects();
  return size > SIZE_MAX - room ? nullptr : std::malloc(size + room);
}

}  // namespace

// All of them, since jemalloc has its own, which are told the size when an object is given back: with room behind it, another one.
void* operator new(std::size_t size) {
  for (;;) {
    if (void* object = allocate(size)) return object;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new[](std::size_t size) { return ::operator new(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* object) noexcept { std::free(object); }
void operator delete(void* object, std::size_t) noexcept { std::free(object); }
void operator delete(void* object, const std::nothrow_t&) noexcept { std::free(object); }
void operator delete[](void* object) noexcept { std::free(object); }
void operator delete[](void* object, std::size_t) noexcept { std::free(object); }
void operator delete[](void* object, const std::nothrow_t&) noexcept { std::free(object); }
