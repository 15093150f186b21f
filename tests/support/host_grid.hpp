// A batch on the host as the kernels for CUDA see it.
#pragma once

#include <torch/types.h>

#include "ops/class_sums.hpp"
#include "ops/cuda/score_grid.hpp"
#include "support/host_axis.hpp"

namespace seg::test {

template <class Value>
class HostGrid {
 public:
  HostGrid(const torch::Tensor& logits, std::int64_t height, std::int64_t width, bool align_corners, const ScoreNoise& noise)
      : logits_(logits), noise_(noise), rows_(logits.size(2), height, align_corners), columns_(logits.size(3), width, align_corners) {
    grid = {.logits = static_cast<const Value*>(logits_.data_ptr()),
            .image_stride = logits_.stride(0),
            .class_stride = logits_.stride(1),
            .row_stride = logits_.stride(2),
            .column_stride = logits_.stride(3),
            .images = static_cast<std::int32_t>(logits_.size(0)),
            .classes = static_cast<std::int32_t>(logits_.size(1)),
            .rows = rows_.tables(),
            .columns = columns_.tables(),
            .noise_scale = noise_.scale.defined() ? noise_.scale.data_ptr<float>() : nullptr,
            .noise_key = noise_.scale.defined() ? noise_.key.data_ptr<std::int64_t>() : nullptr,
            .first_image = noise_.first_image};
  }

  cuda::ScoreGrid<Value> grid;

 private:
  torch::Tensor logits_;
  ScoreNoise noise_;
  HostAxis rows_, columns_;
};

}  // namespace seg::test
