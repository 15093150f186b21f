// Splits a list of images or video frames into train, val and test: 70, 10 and 20 %.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace seg {

/// "train", "val", "test".
const std::vector<std::string>& all_splits();

/// A seeded random part of {0, .., count-1}, sorted; the three parts are disjoint and cover everything.
std::vector<std::int64_t> random_split(std::int64_t count, const std::string& split, std::uint64_t seed);

/// Frames [begin, end) of a sequence.
struct FrameRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;

  bool holds(std::int64_t frame) const { return frame >= begin && frame < end; }
};

/// Blocks in temporal order. `gap` frames, at most a twentieth of the sequence, are left out at the end of train and at the
/// start of test, because neighbouring frames of a video are nearly the same image.
FrameRange blocked_split(std::int64_t frames, const std::string& split, std::int64_t gap);

}  // namespace seg
