// The scores of one checkpoint under post-hoc logit adjustment: a curve of operating points that costs no training.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scores/scores.hpp"

namespace seg {

/// Means of one tau.
struct TauPoint {
  double tau = 0.0;
  Scores scores;
};

struct TauCurve {
  std::string split;
  std::string checkpoint;
  std::vector<double> taus;                      // rising
  std::vector<std::vector<ImageCounts>> images;  // [tau][image], as per_image.jsonl has them

  /// The whole split at each tau.
  std::vector<TauPoint> points() const;
};

/// The mIoU of a curve where its mean accuracy is `accuracy`, linearly between neighbouring taus; the highest where the curve passes there more
/// than once, and that of the nearer end beyond its ends. Empty without a point.
std::optional<double> iou_on_curve(const std::vector<Scores>& curve, double accuracy);

}  // namespace seg
