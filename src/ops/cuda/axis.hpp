// The tables of one axis in a tensor's device memory.
#pragma once

#include "ops/cuda/tensors.hpp"

namespace seg::cuda {

/// Computed on the device, because a copy from the host would have to wait.
class Axis {
 public:
  Axis(std::int64_t in, std::int64_t out, bool align_corners, const OnDevice& device, const torch::TensorOptions& options)
      : positions_(torch::empty({out + in + 1}, options.dtype(torch::kInt))), weights_(torch::empty({out}, options.dtype(torch::kFloat))) {
    auto* low = positions_.data_ptr<std::int32_t>();
    tables_ = {static_cast<std::int32_t>(in), static_cast<std::int32_t>(out), low, weights_.data_ptr<float>(), low + out};
    fill_axis(tables_, align_corners, device.stream);
  }

  const AxisTables& tables() const { return tables_; }

 private:
  torch::Tensor positions_, weights_;
  AxisTables tables_{};
};

}  // namespace seg::cuda
