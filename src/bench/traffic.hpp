// Counts the bytes that operations read and write, as if each tensor went to memory and back: what a step would need were nothing kept in caches.
//
// Of each operation that is not part of another one: the bytes of the tensors that it is given and gives. One that works in place reads and writes
// them; one that gives a view of what it was given moves nothing.
#pragma once

#include <cstdint>
#include <functional>

namespace seg {

/// Runs `work` and counts what all threads ask of LibTorch meanwhile, and of our kernels (ops/recorded.hpp).
std::int64_t count_traffic(const std::function<void()>& work);

}  // namespace seg
