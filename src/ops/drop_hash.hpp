// Which elements dropout drops: those whose hash is below a threshold. The same bits on the CPU and on a GPU; no library header with inline code is
// included here for that reason.
//
//   hash of an element = h(h(place in its block + low half of the block's key) xor high half), h the finaliser of MurmurHash3 (Appleby)
//   key of a block = a hash of what was drawn for the layer and of the block's number
#pragma once

#include <cstdint>

#include "base/split_mix.hpp"
#include "ops/inline.hpp"

namespace seg {

inline constexpr std::int64_t kDropBlock = 65536;  // elements with a key of their own

SEG_INLINE std::uint64_t drop_key(std::uint64_t drawn, std::int64_t block) { return split_mix(split_mix(drawn) ^ static_cast<std::uint64_t>(block)); }

/// Every bit of the result depends on every bit of x.
SEG_INLINE std::uint32_t mixed_drop_bits(std::uint32_t x) {
  x = (x ^ (x >> 16)) * 0x85EBCA6Bu;
  x = (x ^ (x >> 13)) * 0xC2B2AE35u;
  return x ^ (x >> 16);
}

/// place: in the block.
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
