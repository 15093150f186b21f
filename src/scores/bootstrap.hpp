// How sure a difference of two losses is, given the images it was measured on: the paired bootstrap.
//
//   A resample draws as many blocks of images as there are (frame_blocks()), with replacement; every run is scored on the same
//   draw, and the difference is the mean over the pairs of score(run) - score(baseline). The interval is from the 2.5th to the 97.5th
//   percentile over the resamples (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13). Neighbouring frames of a
//   video are near copies: drawn one by one they would count as so many independent images, and the interval would be too narrow.
//   It tells what other images could change; the spread over seeds tells what another training could.
//
//   Images that belong together are drawn together: blocks of consecutive frames of a video. The frames of a sequence have ids with the
//   same folder and the same text before the last digits of the file name (0001TP_ of 0001TP_006690.png, Seq05VD_f of
//   Seq05VD_f00030.png); a name without digits is a sequence of its own. A sequence of n frames, in the order of the ids, is cut into
//   ceil(n / block) blocks that differ by one frame at most: the fixed blocks of Carlstein, The use of subseries values for estimating
//   the variance of a general statistic, Annals of Statistics 14, 1986. The overlapping ones of Künsch (Annals of Statistics 17, 1989)
//   use a long sequence better, but draw the frames of short sequences and the ends of all less often than others, and splits have many
//   of both.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scores/tau_curve.hpp"

namespace seg {

/// Fractions: 0.01 is one point of per cent.
struct IntervalDifference {
  double value = 0.0;  // on the images as they are
  double low = 0.0;
  double high = 0.0;
};

struct PairedDifference {
  std::int64_t pairs = 0;
  std::int64_t images = 0;
  std::int64_t blocks = 0;                          // that the images were drawn in
  std::optional<IntervalDifference> mean_accuracy;  // empty without pairs, with a single block, and where no class takes part
  std::optional<IntervalDifference> mean_iou;
  std::optional<IntervalDifference> iou_over_curve;  // mIoU less that of the baseline's curve at the run's mean accuracy; empty without curves
};

/// Two runs on the same images, in the same order.
struct ImagePair {
  const std::vector<ImageCounts>* run = nullptr;
  const std::vector<ImageCounts>* baseline = nullptr;
  const TauCurve* curve = nullptr;  // of the baseline, on the same images; may be null
};

/// Frames a block where nobody says: 10 for the data sets that are video (camvid, synthia_seqs), 1 for independent images.
std::int64_t default_block(const std::string& dataset);

/// Indices into `ids` (sorted), a list a block of at most `block` (>= 1) frames; blocks in the order of their first frames.
/// The views of several cameras are sequences of their own.
std::vector<std::vector<std::size_t>> frame_blocks(const std::vector<std::string>& ids, std::int64_t block);

bool same_images(const std::vector<ImageCounts>& a, const std::vector<ImageCounts>& b);

/// A function of its arguments alone. All pairs must hold the same images, sorted by id, with K counts each. `block`: frames drawn
/// together at most (>= 1).
PairedDifference paired_bootstrap(const std::vector<ImagePair>& pairs, std::int64_t block, std::int64_t resamples = 1000, std::uint64_t seed = 0);

}  // namespace seg
