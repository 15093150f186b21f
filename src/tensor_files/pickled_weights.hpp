// The weights that a pickle of torch.save names: a network's dictionary of tensors, found and taken apart (format: pth.hpp).
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "tensor_files/pickle.hpp"

namespace seg {

/// The most that is read of a pickle.
inline constexpr std::uint64_t kMaxPickleBytes = 16'000'000;

/// The memory of tensors, as the pickle names it.
struct PickledStorage {
  std::string key;
  std::string dtype;  // see TensorEntry
  std::int64_t elements = 0;
};

/// A tensor as the pickle tells it; nothing is checked against the file yet.
struct PickledTensor {
  std::string name = {};
  PickledStorage storage = {};
  std::int64_t offset = 0;  // elements from the storage's begin to the tensor's first
  std::vector<std::int64_t> shape = {};
  std::vector<std::int64_t> strides = {};  // elements; as many as extents
};

/// What tensors are made of: the names that the pickle may use.
std::span<const std::string_view> torch_globals();

/// Sorted by name; of tensors with the same name the last. Throws kStorage naming `source`.
std::vector<PickledTensor> pickled_weights(const Pickle& pickle, const std::string& source);

/// All storages that the pickle names, of weights and of anything else, by key. Throws kStorage naming `source`, also where two of one key differ.
std::map<std::string, PickledStorage> pickled_storages(const Pickle& pickle, const std::string& source);

/// The error for a PyTorch file that cannot be read, with the line of Python that turns it into one that can.
Error pth_defect(const std::string& source, const std::string& what);
extern const std::string kConvertPth;

}  // namespace seg
