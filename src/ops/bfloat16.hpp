// bfloat16 as 16 bits, the upper half of float32, for kernels that include no library header.
#pragma once

#include <cstdint>

#include "ops/inline.hpp"

namespace seg {

SEG_INLINE float load(float value) { return value; }
SEG_INLINE float load(std::uint16_t value) { return __builtin_bit_cast(float, static_cast<std::uint32_t>(value) << 16); }

SEG_INLINE void store(float value, float& into) { into = value; }
/// Rounds to nearest, ties to even.
SEG_INLINE void store(float value, std::uint16_t& into) {
  const std::uint32_t bits = __builtin_bit_cast(std::uint32_t, value);
  const std::uint32_t rounded = (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
  into = static_cast<std::uint16_t>(value == value ? rounded : 0x7FC0u);
}

}  // namespace seg
