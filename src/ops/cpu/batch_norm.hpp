// The CPU kernels of batch norm: blocks of pixels in parallel, bit-identical results for any number of threads. ops/batch_norm.cpp documents their
// arguments and results.
#pragma once

#include <torch/types.h>

#include <vector>

namespace seg::cpu {

torch::Tensor batch_norm_sums(const torch::Tensor& x);
torch::Tensor batch_norm_apply(const torch::Tensor& x, at::TensorList norm, const c10::optional<torch::Tensor>& residual, bool relu);
std::vector<torch::Tensor> batch_norm_gradient_sums(const torch::Tensor& gradient, const torch::Tensor& x, at::TensorList norm,
                                                    const c10::optional<torch::Tensor>& output, bool relu, double share);
std::vector<torch::Tensor> batch_norm_backward(const torch::Tensor& gradient, const torch::Tensor& x, at::TensorList norm,
                                               const c10::optional<torch::Tensor>& output, bool relu, const torch::Tensor& means, bool with_residual);

}  // namespace seg::cpu
