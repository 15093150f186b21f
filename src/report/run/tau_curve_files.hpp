// A curve under logit adjustment as the files of an evaluation.
//
// tau_curve.csv, for people: tau and the means, fractions 0..1, a line a tau.
// tau_counts.jsonl, for comparisons, which draw the images anew: {"split", "checkpoint", "taus": [...]}, then a line an image,
//   {"id", "truth": [K pixels], "counts": [[predicted, both, predicted, both, ...] for each tau]}.
#pragma once

#include <filesystem>

#include "scores/tau_curve.hpp"

namespace seg {

/// Throws kStorage.
void write_tau_curve(const TauCurve& curve, const std::filesystem::path& folder);
/// What lies in `folder`, sorted by id; no taus where there is no such file. Throws kData for a file of another form.
TauCurve read_tau_curve(const std::filesystem::path& folder);

}  // namespace seg
