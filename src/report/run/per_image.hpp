// Files with the counts of single images in an evaluation, from which the scores of a resampled split are computed.
//
// per_image.jsonl: one line {"id": "path", "confusion": [[truth, predicted, pixels], ...]} per image, only non-zero cells; predicted is -1 for none
//   of the classes.
//
// A tau curve (logit adjustment) has two files.
// tau_curve.csv, for people: tau and the mean scores, fractions 0..1, one line per tau.
// tau_counts.jsonl, for comparisons, which resample the images: {"split", "checkpoint", "taus": [...]}, then one line per image,
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

/// Reads what PerImageLog wrote to `folder`, sorted by id; empty if there is no file. Throws kData for a file with another format.
std::vector<ImageCounts> read_per_image(const std::filesystem::path& folder, std::int64_t classes);

/// Throws kStorage.
void write_tau_curve(const TauCurve& curve, const std::filesystem::path& folder);
/// Reads the curve in `folder`, sorted by id; no taus if there is no file. Throws kData for a file with another format.
TauCurve read_tau_curve(const std::filesystem::path& folder);

}  // namespace seg
