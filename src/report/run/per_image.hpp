// What an evaluation counted on single images, as files: what scores of a resampled split are made of.
//
// per_image.jsonl: {"id": "path", "confusion": [[truth, predicted, pixels], ...]} a line, non-zero cells only; predicted is -1 for none of the
//   classes.
//
// Of a curve under logit adjustment two files.
// tau_curve.csv, for people: tau and the means, fractions 0..1, a line a tau.
// tau_counts.jsonl, for comparisons, which draw the images anew: {"split", "checkpoint", "taus": [...]}, then a line an image,
//   {"id", "truth": [K pixels], "counts": [[predicted, both, predicted, both, ...] for each tau]}.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "scores/tau_curve.hpp"

namespace seg {

class PerImageLog {
 public:
  void add(const std::string& id, const ConfusionTable& confusion);
  /// Throws kStorage.
  void write(const std::filesystem::path& folder) const;

 private:
  std::string lines_;
};

/// What PerImageLog wrote into `folder`, sorted by id; empty where there is no such file. Throws kData for a file of another form.
std::vector<ImageCounts> read_per_image(const std::filesystem::path& folder, std::int64_t classes);

/// Throws kStorage.
void write_tau_curve(const TauCurve& curve, const std::filesystem::path& folder);
/// What lies in `folder`, sorted by id; no taus where there is no such file. Throws kData for a file of another form.
TauCurve read_tau_curve(const std::filesystem::path& folder);

}  // namespace seg
