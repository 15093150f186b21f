// The scores of one checkpoint with post-hoc logit adjustment: a curve of operating points that needs no training.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scores/scores.hpp"

namespace seg {

/// Mean scores for one tau.
struct TauPoint {
  double tau = 0.0;
  Scores scores;
};

struct TauCurve {
  std::string split;
  std::string checkpoint;
  std::vector<double> taus;                      // ascending
  std::vector<std::vector<ImageCounts>> images;  // [tau][image], as in per_image.jsonl

  /// The whole split at each tau.
  std::vector<TauPoint> points() const;
};

/// The mIoU of a curve at the mean accuracy `accuracy`, interpolated linearly between neighbouring taus. If the curve has this accuracy several
/// times, the highest mIoU; beyond the ends of the curve, that of the nearer end. Empty without points.
std::optional<double> iou_on_curve(const std::vector<Scores>& curve, double accuracy);

}  // namespace seg
