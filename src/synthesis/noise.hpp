// Smooth noise as a function of position, for textures that stay in place when the camera moves.
#pragma once

#include <cmath>
#include <cstdint>

namespace seg::synthesis {

/// 32 well mixed bits of a lattice point.
inline std::uint32_t hash_of(std::int32_t x, std::int32_t y, std::uint32_t seed) {
  std::uint32_t h = static_cast<std::uint32_t>(x) * 0x8DA6B343U ^ static_cast<std::uint32_t>(y) * 0xD8163841U ^ (seed + 1U) * 0xCB1AB31FU;
  h = (h ^ (h >> 15)) * 0x2C1B3C6DU;
  h = (h ^ (h >> 12)) * 0x297A2D39U;
  return h ^ (h >> 15);
}

/// In [0, 1).
inline float unit_hash(std::int32_t x, std::int32_t y, std::uint32_t seed) { return static_cast<float>(hash_of(x, y, seed) >> 8) * 0x1.0p-24F; }

/// Value noise in [0, 1), features about one unit wide.
inline float value_noise(float x, float y, std::uint32_t seed) {
  const float fx = std::floor(x);
  const float fy = std::floor(y);
  const auto ix = static_cast<std::int32_t>(fx);
  const auto iy = static_cast<std::int32_t>(fy);
  float tx = x - fx;
  float ty = y - fy;
  tx = tx * tx * (3 - 2 * tx);
  ty = ty * ty * (3 - 2 * ty);
  const float top = unit_hash(ix, iy, seed) * (1 - tx) + unit_hash(ix + 1, iy, seed) * tx;
  const float low = unit_hash(ix, iy + 1, seed) * (1 - tx) + unit_hash(ix + 1, iy + 1, seed) * tx;
  return top * (1 - ty) + low * ty;
}

/// Sum of `octaves` noises, each twice as fine and half as strong, in [0, 1).
inline float fractal_noise(float x, float y, std::uint32_t seed, int octaves) {
  float sum = 0;
  float norm = 0;
  float strength = 1;
  for (int i = 0; i < octaves; ++i) {
    sum += strength * value_noise(x, y, seed + static_cast<std::uint32_t>(i) * 101U);
    norm += strength;
    strength *= 0.5F;
    x *= 2.03F;
    y *= 2.03F;
  }
  return sum / norm;
}

inline float smooth_step(float low, float high, float x) {
  const float t = std::fmin(1.0F, std::fmax(0.0F, (x - low) / (high - low)));
  return t * t * (3 - 2 * t);
}

}  // namespace seg::synthesis
