// Random numbers as a function of where they are used: generators are reseeded, never streamed, and give the same on every machine and library.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

#include "base/split_mix.hpp"

namespace seg {

/// The seed for a place of use, such as {seed, epoch, index} or {seed, iteration, micro-step}.
inline std::uint64_t seed_of(std::initializer_list<std::uint64_t> place) {
  std::uint64_t seed = 0;
  for (const std::uint64_t part : place) seed = split_mix(seed ^ part);
  return seed;
}

/// A small generator with its own distributions, because those of std:: differ between libraries.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t bits() { return split_mix(state_++ * 0xD1342543DE82EF95ULL); }
  /// In [0, 1).
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }
  /// In [low, high).
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// In {0, ..., count - 1}; count > 0.
  std::int64_t below(std::int64_t count) { return static_cast<std::int64_t>(uniform() * static_cast<double>(count)); }
  bool chance(double probability) { return uniform() < probability; }

  /// {0, ..., count - 1} in random order (Fisher-Yates).
  std::vector<std::int64_t> permutation(std::int64_t count) {
    std::vector<std::int64_t> order(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) order[static_cast<std::size_t>(i)] = i;
    for (std::int64_t i = count - 1; i > 0; --i) std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(below(i + 1))]);
    return order;
  }

 private:
  std::uint64_t state_;
};

}  // namespace seg
