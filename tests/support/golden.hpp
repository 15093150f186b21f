// Reference tensors of tests/golden, made with PyTorch; a missing file or tensor fails the test that asks for it.
#pragma once

#include <torch/types.h>

#include <stdexcept>
#include <string>

#include "core/tensor_io.hpp"
#include "support/support.hpp"

namespace seg::test {

class Golden {
 public:
  explicit Golden(const std::string& name) : file_(repository_file("tests/golden/" + name + ".safetensors")) {}

  torch::Tensor operator[](const std::string& name) const {
    const TensorEntry* entry = file_.find(name);
    if (entry == nullptr) throw std::runtime_error(file_.path().string() + " has no tensor " + name);
    return read_tensor(file_, *entry);
  }

 private:
  SafetensorsFile file_;
};

/// The largest difference, relative to the largest reference value.
inline double relative_difference(const torch::Tensor& value, const torch::Tensor& reference) {
  if (value.sizes() != reference.sizes()) return std::numeric_limits<double>::infinity();
  const torch::Tensor difference = (value.to(torch::kDouble) - reference.to(torch::kDouble)).abs().max();
  return difference.item<double>() / std::max(reference.abs().max().item<double>(), 1e-30);
}

}  // namespace seg::test
