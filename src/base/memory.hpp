// What the program asks of its allocator, jemalloc (base/allocator.cpp), beyond new and delete.
#pragma once

#include <cstddef>

namespace seg {

/// Gives free memory back to the system, which hands it out again as pages are touched: to be called between phases of work that allocate
/// differently (training, validation, the write of a checkpoint), whose leftovers would otherwise pile up between each other. Does nothing
/// where the program runs with another allocator than jemalloc.
void release_free_memory();

/// From now on every object that operator new makes has this many bytes of room behind it, for a library that reads past the end of one.
/// Objects made before have the room of their time. Does nothing in builds with sanitizers.
void leave_room_behind_objects(std::size_t bytes);
std::size_t room_behind_objects();

}  // namespace seg
