// RankSEG (arXiv 2510.15362): labels that maximise the expected IoU of each class in one image, instead of the arg-max.
//
//   Class c wants its tau likeliest pixels, tau = arg-max S_tau / (tau + P - S_tau), S_tau the sum of the tau largest p_c, P = sum of all p_c;
//   a class whose largest p_c is at most 0.5 takes none. A pixel that several classes want goes to the one whose IoU would lose the most without
//   it; a pixel that none wants, to the one of those that take some whose IoU gains the most with it (where none takes any: to the arg-max).
#pragma once

#include <torch/types.h>

namespace seg {

/// probabilities: float32 [K,H,W], each pixel's sum 1. Labels uint8 [H,W]; ties go to the lowest class.
torch::Tensor rankseg_labels(const torch::Tensor& probabilities);

}  // namespace seg
