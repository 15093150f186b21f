// The weights that a pickle of torch.save names: a network's dictionary of tensors, found and taken apart (format: pth.hpp).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "tensor_files/pickle.hpp"

namespace seg {

/// A tensor as the pickle tells it; nothing is checked against the file yet.
struct PickledTensor {
  std::string name;
  std::string dtype;    // see TensorEntry
  std::string storage;  // its key
  std::int64_t storage_elements = 0;
  std::int64_t offset = 0;  // elements from the storage's begin to the tensor's first
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;  // elements; as many as extents
};

/// What tensors are made of: the names that the pickle may use.
std::span<const std::string_view> torch_globals();

/// Sorted by name; of tensors with the same name the last. Throws kStorage naming `source`.
std::vector<PickledTensor> pickled_weights(const Pickle& pickle, const std::string& source);

/// The error for a PyTorch file that cannot be read, with the line of Python that turns it into one that can.
Error pth_defect(const std::string& source, const std::string& what);
extern const std::string kConvertPth;

}  // namespace seg
