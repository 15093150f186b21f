// A batch on the host as the kernels for CUDA see it.
#pragma once

#include <torch/types.h>

#include <cmath>

#include "ops/class_sums.hpp"
#include "ops/cuda/tensor_grid.hpp"
#include "support/host_axis.hpp"
#include "support/sums_shapes.hpp"

namespace seg::test {

template <class Value>
class HostGrid {
 public:
  HostGrid(const torch::Tensor& logits, std::int64_t height, std::int64_t width, bool align_corners)
      : logits_(logits), rows_(logits.size(2), height, align_corners), columns_(logits.size(3), width, align_corners) {
    grid = cuda::grid_over<Value>(logits_, rows_.tables(), columns_.tables());
  }

  cuda::ScoreGrid<Value> grid;

 private:
  torch::Tensor logits_;
  HostAxis rows_, columns_;
};

/// What backward reads on the host, for the gradients of the sums.
class HostGradients {
 public:
  HostGradients(const torch::Tensor& labels, const torch::Tensor& log_sums, const ClassSumsGradient& gradient)
      : labels_(labels), log_sums_(log_sums), entropy_(gradient.cross_entropy.to(torch::kFloat)) {
    pixels = {labels_.data_ptr<std::uint8_t>(), log_sums_.data_ptr<float>(), entropy_.data_ptr<float>()};
    if (!gradient.probability.defined()) return;
    probability_ = gradient.probability.to(torch::kFloat);
    of_truth_ = gradient.true_probability.to(torch::kFloat);
    mixed_ = torch::full(labels.sizes(), std::nanf(""));
    pixels.probability = probability_.data_ptr<float>();
    pixels.true_probability = of_truth_.data_ptr<float>();
    pixels.mixed = mixed_.data_ptr<float>();
  }

  cuda::PixelGradients pixels;

 private:
  torch::Tensor labels_, log_sums_, entropy_, probability_, of_truth_, mixed_;
};

}  // namespace seg::test
