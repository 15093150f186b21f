// Makes a kernel of ours what LibTorch's own operations are to profilers and to segbench: a name, with the tensors that it reads and writes.
#pragma once

#include <ATen/record_function.h>
#include <torch/types.h>

#include <initializer_list>
#include <vector>

namespace seg {

/// One run of an operation; costs next to nothing where nobody listens. Undefined tensors are left out.
class RecordedOp {
 public:
  RecordedOp(const char* name, std::initializer_list<torch::Tensor> reads) : function_(at::RecordScope::FUNCTION) {
    if (!function_.isActive()) return;
    const std::vector<c10::IValue> inputs = values_of(reads);
    function_.before(name, c10::ArrayRef<const c10::IValue>(inputs.data(), inputs.size()));
  }

  void writes(std::initializer_list<torch::Tensor> results) {
    if (function_.isActive()) function_.setOutputs(values_of(results));
  }

 private:
  static std::vector<c10::IValue> values_of(std::initializer_list<torch::Tensor> tensors) {
    std::vector<c10::IValue> values;
    for (const torch::Tensor& tensor : tensors)
      if (tensor.defined()) values.emplace_back(tensor);
    return values;
  }

  at::RecordFunction function_;
};

}  // namespace seg
