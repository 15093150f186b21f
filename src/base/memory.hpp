// Functions of the allocator, jemalloc (base/allocator.cpp), beyond new and delete.
#pragma once

#include <cstddef>

namespace seg {

/// Returns free memory to the system. Call it between phases that allocate differently (training, validation, writing a checkpoint), because
/// otherwise free memory of all phases adds up. Does nothing if the program runs with another allocator than jemalloc.
void release_free_memory();

/// Adds this many bytes of padding behind every object that operator new allocates from now on, for a library that reads past the end of an
/// object. Does not change existing objects. Does nothing in sanitizer builds.
void leave_room_behind_objects(std::size_t bytes);
std::size_t room_behind_objects();

}  // namespace seg
