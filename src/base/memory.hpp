// Memory that the program keeps for its next step although nothing uses it.
#pragma once

namespace seg {

/// Gives free memory back to the system, which hands it out again as pages are touched: to be called between phases of work that allocate
/// differently (training, validation, the write of a checkpoint), whose leftovers would otherwise pile up between each other. Does nothing
/// where the program runs with another allocator than jemalloc (see apps/allocator.cpp).
void release_free_memory();

}  // namespace seg
