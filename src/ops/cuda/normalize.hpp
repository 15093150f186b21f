// normalize on CUDA tensors in one pass; only in programs where kBuilt is true.
#pragma once

#include <torch/types.h>

namespace seg::cuda {

/// Arguments as in seg::normalize, already checked; means and deviations of the three output channels.
torch::Tensor normalize(const torch::Tensor& images, at::ArrayRef<double> means, at::ArrayRef<double> deviations, bool bgr, torch::ScalarType dtype);

}  // namespace seg::cuda
