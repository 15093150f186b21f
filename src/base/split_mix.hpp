// One step of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). Kernels use it, too: it is constexpr, so that
// nvcc accepts it (--expt-relaxed-constexpr).
#pragma once

#include <cstdint>

namespace seg {

constexpr std::uint64_t split_mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

}  // namespace seg
