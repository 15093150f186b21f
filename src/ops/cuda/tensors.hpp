// Converts tensors to the arguments of kernels: the device's stream, and pointers of the kernels' types.
#pragma once

#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/types.h>

#include <cstdint>

#include "ops/cuda/kernels.hpp"

namespace seg::cuda {

/// As long as it exists, the tensor's device is the current device; `stream` is the stream of its work.
struct OnDevice {
  explicit OnDevice(const torch::Tensor& tensor) : guard(tensor.device()), stream(c10::cuda::getCurrentCUDAStream().stream()) {}
  c10::cuda::CUDAGuard guard;
  Stream stream;
};

/// bfloat16 is passed as its bits.
template <class Value>
Value* values_of(const torch::Tensor& tensor) {
  return static_cast<Value*>(tensor.data_ptr());
}

/// Calls work(value) with a value of the kernels' type for float32 or bfloat16.
template <class Work>
auto for_value_type(torch::ScalarType type, const Work& work) {
  TORCH_CHECK(type == torch::kFloat || type == torch::kBFloat16, "no CUDA kernel for ", type);
  return type == torch::kFloat ? work(float{}) : work(std::uint16_t{});
}

}  // namespace seg::cuda
