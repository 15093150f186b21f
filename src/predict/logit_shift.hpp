// Post-hoc logit adjustment (Menon et al., arXiv 2007.07314): the arg-max of z_c - tau log pi_c moves a trained network along a curve from exact
// to generous with rare classes. pi_c is the share of class c among the pixels that training saw. The score of a class that it never saw is left as
// it is: log pi_c, minus infinity, would make it win everywhere.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace seg {

/// What is taken from logits [N,K,h,w]: float32 [1,K,1,1], or undefined for tau 0. class_pixels: [K], empty where the checkpoint has none. Throws
/// kConfiguration then.
torch::Tensor logit_shift(double tau, const std::vector<std::int64_t>& class_pixels);

/// `logits` less `shift` on their device, in float32; the same tensor where `shift` is undefined. A constant survives up-sampling.
torch::Tensor shifted(const torch::Tensor& logits, const torch::Tensor& shift);

}  // namespace seg
