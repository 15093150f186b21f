// Dropout drops the elements whose hash is below a threshold. The hash is the same on the CPU and on a GPU; therefore this header includes no library
// header with inline code.
//
//   hash of an element = h(h(position in its block + low half of the block's key) xor high half), h: the finaliser of MurmurHash3 (Appleby)
//   key of a block = a hash of the number drawn for the layer and of the block's index
#pragma once

#include <cstdint>

#include "base/split_mix.hpp"
#include "ops/inline.hpp"

namespace seg {

inline constexpr std::int64_t kDropBlock = 65536;  // elements per block; each block has its own key

SEG_INLINE std::uint64_t drop_key(std::uint64_t drawn, std::int64_t block) { return split_mix(split_mix(drawn) ^ static_cast<std::uint64_t>(block)); }

/// Every bit of the result depends on every bit of x.
SEG_INLINE std::uint32_t mixed_drop_bits(std::uint32_t x) {
  x = (x ^ (x >> 16)) * 0x85EBCA6Bu;
  x = (x ^ (x >> 13)) * 0xC2B2AE35u;
  return x ^ (x >> 16);
}

/// place: position in the block.
SEG_INLINE std::uint32_t drop_hash(std::uint32_t place, std::uint64_t key) {
  return mixed_drop_bits(mixed_drop_bits(place + static_cast<std::uint32_t>(key)) ^ static_cast<std::uint32_t>(key >> 32));
}

/// Dropout with one probability: y = hash >= threshold ? scale x : 0.
struct Dropping {
  std::uint32_t threshold;
  float scale;

  SEG_INLINE float operator()(float x, std::uint32_t hash) const { return hash >= threshold ? scale * x : 0.0f; }
};

/// 0 <= probability < 1.
inline Dropping dropping_at(double probability) {
  const double below = probability * 0x1.0p32;
  return {static_cast<std::uint32_t>(below < 4294967295.0 ? below : 4294967295.0), static_cast<float>(1.0 / (1.0 - probability))};
}

}  // namespace seg
