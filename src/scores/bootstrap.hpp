// The paired bootstrap: how certain the difference of two losses is, given the images on which it was measured.
//
//   A resample draws as many blocks of images as there are (frame_blocks()), with replacement; every run is scored on the same
//   draw, and the difference is the mean over the pairs of score(run) - score(baseline). The interval is from the 2.5th to the 97.5th
//   percentile over the resamples (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13). Neighbouring frames of a
//   video are nearly copies: if they were drawn one by one, they would count as independent images, and the interval would be too narrow.
//   The interval shows how much other images could change the result; the spread over seeds shows how much another training could.
//
//   Images that belong together are drawn together: blocks of consecutive frames of a video. The frames of a sequence have ids with the
//   same folder and the same text before the last digits of the file name (0001TP_ of 0001TP_006690.png, Seq05VD_f of
//   Seq05VD_f00030.png); a name without digits is a separate sequence. A sequence of n frames, in the order of the ids, is cut into
//   ceil(n / block) blocks that differ by at most one frame: the fixed blocks of Carlstein, The use of subseries values for estimating
//   the variance of a general statistic, Annals of Statistics 14, 1986. The overlapping blocks of Künsch (Annals of Statistics 17, 1989)
//   use a long sequence better, but draw the frames of short sequences and the ends of all sequences less often than others, and splits
//   have many of both.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scores/tau_curve.hpp"

namespace seg {

/// Fractions: 0.01 is one percentage point.
struct IntervalDifference {
  double value = 0.0;  // on the images without resampling
  double low = 0.0;
  double high = 0.0;
};

struct PairedDifference {
  std::int64_t pairs = 0;
  std::int64_t images = 0;
  std::int64_t blocks = 0;                          // number of blocks of images
  std::optional<IntervalDifference> mean_accuracy;  // empty without pairs, with a single block, and if no class takes part
  std::optional<IntervalDifference> mean_iou;
  std::optional<IntervalDifference> iou_over_curve;  // mIoU minus that of the baseline's curve at the run's mean accuracy; empty without curves
};

/// Two runs on the same images, in the same order.
struct ImagePair {
  const std::vector<ImageCounts>* run = nullptr;
  const std::vector<ImageCounts>* baseline = nullptr;
  const TauCurve* curve = nullptr;  // of the baseline, on the same images; may be null
};

/// The default number of frames per block: 10 for video data sets (camvid, synthia_seqs), 1 for independent images.
std::int64_t default_block(const std::string& dataset);

/// Indices into `ids` (sorted), one list for each block of at most `block` (>= 1) frames; blocks are in the order of their first frames.
/// The views of different cameras are separate sequences.
std::vector<std::vector<std::size_t>> frame_blocks(const std::vector<std::string>& ids, std::int64_t block);

bool same_images(const std::vector<ImageCounts>& a, const std::vector<ImageCounts>& b);

/// Deterministic: the result depends only on the arguments. All pairs must have the same images, sorted by id, with K counts each. `block`: maximum
/// number of frames drawn together (>= 1).
PairedDifference paired_bootstrap(const std::vector<ImagePair>& pairs, std::int64_t block, std::int64_t resamples = 1000, std::uint64_t seed = 0);

}  // namespace seg
