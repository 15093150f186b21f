// Options of jemalloc, the allocator of every program (not of the sanitizers' builds, which bring their own).
// A training step frees and takes the same hundreds of megabytes again; the C library's allocator leaves gaps between them that grow
// from step to step, or gives them back to the system, which then clears each page anew.

extern "C" {
// Freed pages stay with the program until release_free_memory (src/base/memory.hpp): read by jemalloc at its start, by this name.
extern const char* const malloc_conf;
const char* const malloc_conf = "dirty_decay_ms:-1,muzzy_decay_ms:-1";
}
