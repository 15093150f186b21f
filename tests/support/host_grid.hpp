// A batch on the host as the kernels for CUDA see it.
#pragma once

#include <torch/types.h>

#include "ops/cuda/tensor_grid.hpp"
#include "support/host_axis.hpp"

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

}  // namespace seg::test
