// The allocator of every program, jemalloc: its options, and the room it leaves (not in the sanitizers' builds, which bring their own).
// A training step frees and takes the same hundreds of megabytes again; the C library's allocator leaves gaps between them that grow
// from step to step, or gives them back to the system, which then clears each page anew.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

extern "C" {
// Freed pages stay with the program until release_free_memory (src/base/memory.hpp): read by jemalloc at its start, by this name.
extern const char* const malloc_conf;
const char* const malloc_conf = "dirty_decay_ms:-1,muzzy_decay_ms:-1";
}

namespace {

// oneDNN 2.6 (Debian 12), making a kernel for AMX tiles, reads up to one block of 16 elements past the end of a vector and drops what it
// read (skipped_bd_mask in src/cpu/x64/brgemm/jit_brgemm_amx_uker.cpp). Where nothing is mapped behind the vector, that ends the program:
// about one start of a hundred. So objects have room behind them, from the program's own initialisation on; the hundreds of thousands
// that LibTorch makes as it is loaded need none, and it would take 36 MB.
std::size_t room_behind = 0;
[[maybe_unused]] const bool libraries_are_loaded = [] {
  room_behind = 16 * sizeof(std::size_t);
  return true;
}();

void* allocate(std::size_t size) noexcept { return size > SIZE_MAX - room_behind ? nullptr : std::malloc(size + room_behind); }

}  // namespace

// All of them, since jemalloc has its own, which are told the size when an object is given back.
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
