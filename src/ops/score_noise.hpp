// Noise of one class at one pixel: min(1, |e|), e normal with standard deviation 4, as a hash of the place.
//
//   |e| = 4 sqrt(2) erfinv(u), u uniform in [0, 1) from the hash; a series for erfinv, since min() needs u < erf(1 / (4 sqrt 2)) = 0.1974 alone
//   (its error there is below 1e-5)
//
// The same bits on the CPU, in the reference and on a GPU; no library header with inline code is included here for that reason.
#pragma once

#include <cstdint>

#include "ops/inline.hpp"

namespace seg {

/// Constants of a 32-bit mixing function (Wellons: Prospecting for hash functions, 2018).
inline constexpr std::uint32_t kNoiseMixA = 0x7FEB352D, kNoiseMixB = 0x846CA68B;

SEG_INLINE std::uint32_t mixed_noise_bits(std::uint32_t x) {
  x = (x ^ (x >> 16)) * kNoiseMixA;
  x = (x ^ (x >> 15)) * kNoiseMixB;
  return x ^ (x >> 16);
}

/// The key of one row of one image, from that of the batch.
SEG_INLINE std::uint32_t noise_row_key(std::uint64_t key, std::uint64_t row) {
  const std::uint64_t mixed = (key ^ (row + 1) * 0x9E3779B97F4A7C15ULL) * 0xBF58476D1CE4E5B9ULL;
  return mixed_noise_bits(static_cast<std::uint32_t>(mixed >> 32));
}

/// Coefficients of u, u^3 and u^5 in 4 sqrt(2) erfinv(u) = 4 sqrt(2) (sqrt(pi) / 2) (u + pi/12 u^3 + 7 pi^2/480 u^5 + ...).
inline constexpr float kNoise1 = 5.01325655f, kNoise3 = 1.31246750f, kNoise5 = 0.72156669f;

/// row_key: of noise_row_key; place: column x classes + class.
SEG_INLINE float noise_at(std::uint32_t row_key, std::uint32_t place) {
  const std::uint32_t bits = mixed_noise_bits(row_key ^ place * 0x9E3779B9U);
  const float u = static_cast<float>(static_cast<std::int32_t>(bits >> 8)) * 0x1.0p-24f;
  const float square = u * u;
  const float e = u * (kNoise1 + square * (kNoise3 + square * kNoise5));
  return e < 1.0f ? e : 1.0f;
}

}  // namespace seg
