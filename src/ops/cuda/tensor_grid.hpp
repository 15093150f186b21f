// Describes the logits of a tensor for the kernels; the tables of the axes are in the same memory.
#pragma once

#include <torch/types.h>

#include "ops/cuda/score_grid.hpp"

namespace seg::cuda {

/// The memory to which it points must outlive it.
template <class Value>
ScoreGrid<Value> grid_over(const torch::Tensor& logits, const AxisTables& rows, const AxisTables& columns) {
  return {.logits = static_cast<const Value*>(logits.data_ptr()),
          .image_stride = logits.stride(0),
          .class_stride = logits.stride(1),
          .row_stride = logits.stride(2),
          .column_stride = logits.stride(3),
          .images = static_cast<std::int32_t>(logits.size(0)),
          .classes = static_cast<std::int32_t>(logits.size(1)),
          .rows = rows,
          .columns = columns};
}

}  // namespace seg::cuda
