// Options of jemalloc, the allocator of every program, and padding behind objects (not in sanitizer builds, which have their own allocator).
// A training step frees and allocates the same hundreds of megabytes again. With the C library's allocator the memory fragments from step to
// step, or goes back to the system, which then has to clear each page again.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "base/memory.hpp"

extern "C" {
// The program keeps freed pages until release_free_memory (base/memory.hpp). jemalloc reads this variable, by its name, at its start.
extern const char* const malloc_conf;
const char* const malloc_conf = "dirty_decay_ms:-1,muzzy_decay_ms:-1";
}

namespace {

void* allocate(std::size_t size) noexcept {
  const std::size_t room = seg::room_behind_objects();
  return size > SIZE_MAX - room ? nullptr : std::malloc(size + room);
}

}  // namespace

// All variants must be replaced: those of jemalloc pass the size of an object when it is deleted, and padding changes that size.
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
