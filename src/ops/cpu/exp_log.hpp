// e^x and ln x in a few multiply-adds without branches, which the compiler vectorises in loops over lanes.
//
// Inlined into the code of each instruction set; therefore this header includes no library header with inline code.
#pragma once

#include <bit>
#include <cstdint>

#include "ops/inline.hpp"

namespace seg::cpu {

/// e^x for x <= 0 (below -87: e^-87, which is negligible compared with 1); relative error under 2e-7; NaN stays NaN.
SEG_INLINE float exp_negative(float x) {
  constexpr float kLog2E = 1.44269504f;
  constexpr float kLn2High = 0.693359375f;  // has few bits, so that n times this is exact
  constexpr float kLn2Low = -2.12194440e-4f;
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer in the low bits
  x = -87.0f > x ? -87.0f : x;
  const float shifted = x * kLog2E + kRound;
  const float n = shifted - kRound;
  const float r = (x - n * kLn2High) - n * kLn2Low;
  // Taylor series to r^7 / 7!, |r| <= ln(2) / 2: the next term is below 6e-9.
  float p = 1.0f / 5040.0f;
  p = p * r + 1.0f / 720.0f;
  p = p * r + 1.0f / 120.0f;
  p = p * r + 1.0f / 24.0f;
  p = p * r + 1.0f / 6.0f;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  const std::int32_t exponent = std::bit_cast<std::int32_t>(shifted) << 23;  // the bits of kRound above bit 9 are shifted out
  return std::bit_cast<float>(std::bit_cast<std::int32_t>(p) + exponent);
}

/// ln x for normal x >= 1: x = 2^e m, ln m = 2 artanh((m - 1) / (m + 1)); relative error under 2e-7; NaN stays NaN.
SEG_INLINE float log_positive(float x) {
  const std::int32_t bits = std::bit_cast<std::int32_t>(x);
  const std::int32_t exponent = (bits - 0x3F3504F3) >> 23;  // the bits of sqrt(1/2): m is between that and sqrt(2)
  const float m = std::bit_cast<float>(bits - (exponent << 23));
  const float s = (m - 1.0f) / (m + 1.0f);
  const float q = s * s;
  const float series = 1.0f + q * (1.0f / 3.0f + q * (1.0f / 5.0f + q * (1.0f / 7.0f + q * (1.0f / 9.0f))));
  return static_cast<float>(exponent) * 0.693147181f + 2.0f * s * series + (x - x);  // x - x keeps NaN, whose bits look like a number
}

}  // namespace seg::cpu
