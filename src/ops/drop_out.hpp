// Dropout (Srivastava et al., JMLR 15, 2014) in one pass: y_i = x_i / (1 - p) with probability 1 - p, else 0.
#pragma once

#include <torch/types.h>

namespace seg {

/// x: float32 or bfloat16 of any shape and layout, which the result keeps; returns x itself unless training. A hash of an element's position in the
/// memory of the whole batch, and of one drawn number, decides whether it is dropped (training_pass.hpp for both). Therefore nothing is stored for
/// backward, and the number of threads has no effect. On devices other than the CPU and CUDA it is torch::dropout.
torch::Tensor drop_out(const torch::Tensor& x, double probability, bool training);

}  // namespace seg
