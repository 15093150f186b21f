// Dropout (Srivastava et al., JMLR 15, 2014) in one pass: y_i = x_i / (1 - p) with probability 1 - p, else 0.
#pragma once

#include <torch/types.h>

namespace seg {

/// x: float32 or bfloat16 of any shape and layout, which the result keeps; returns x itself unless training. Whether an element is
/// dropped is a hash of its place in memory, that of the whole batch, and of one drawn number (training_pass.hpp for both), so
/// nothing is stored for backward and the number of threads changes nothing. Elsewhere than on the CPU and on CUDA it is
/// torch::dropout.
torch::Tensor drop_out(const torch::Tensor& x, double probability, bool training);

}  // namespace seg
