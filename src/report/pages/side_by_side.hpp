// The predictions of several losses side by side, for a comparison: an SVG picture that holds its images.
//
//   A row is an image: photo, ground truth, and the prediction of each loss by the first of its runs, cut from the panels of the evaluations.
//   Shown are images for which every loss has a panel of the same title, at most three; those with most of a rare class come first.
#pragma once

#include <string>

#include "report/comparison/comparison.hpp"

namespace seg {

/// Empty if the runs have no such panels. Pictures with another layout are left out. Throws kData for a damaged index.
std::string side_by_side(const Comparison& comparison);

}  // namespace seg
