// The scores of one checkpoint under post-hoc logit adjustment: a curve of operating points that costs no training.
//
// tau_curve.csv, for people: tau and the means, fractions 0..1, a line a tau.
// tau_counts.jsonl, for comparisons, which draw the images anew: {"split", "checkpoint", "taus": [...]}, then a line an image,
//   {"id", "truth": [K pixels], "counts": [[predicted, both, predicted, both, ...] for each tau]}.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "report/per_image.hpp"

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

/// Throws kStorage.
void write_tau_curve(const TauCurve& curve, const std::filesystem::path& folder);
/// What lies in `folder`, sorted by id; no taus where there is no such file. Throws kData for a file of another form.
TauCurve read_tau_curve(const std::filesystem::path& folder);

/// The mIoU of a curve where its mean accuracy is `accuracy`, linearly between neighbouring taus; the highest where the curve passes there more
/// than once, and that of the nearer end beyond its ends. Empty without a point.
std::optional<double> iou_on_curve(const std::vector<Scores>& curve, double accuracy);

}  // namespace seg
