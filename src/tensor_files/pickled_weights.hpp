// Finds and reads the descriptions of a network's weights in a pickle of torch.save (format: pth.hpp).
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

/// Maximum number of bytes read of a pickle.
inline constexpr std::uint64_t kMaxPickleBytes = 16'000'000;

/// The memory of tensors, as the pickle describes it.
struct PickledStorage {
  std::string key;
  std::string dtype;  // see TensorEntry
  std::int64_t elements = 0;
};

/// A tensor as the pickle describes it; not yet checked against the file.
struct PickledTensor {
  std::string name = {};
  PickledStorage storage = {};
  std::int64_t offset = 0;  // elements from the start of the storage to the first element of the tensor
  std::vector<std::int64_t> shape = {};
  std::vector<std::int64_t> strides = {};  // elements; as many as extents
};

/// The names that a pickle of tensors may use.
std::span<const std::string_view> torch_globals();

/// The weights sorted by name; if a name occurs several times, the last tensor. Throws kStorage naming `source`.
std::vector<PickledTensor> pickled_weights(const Pickle& pickle, const std::string& source);

/// All storages in the pickle by key, of weights and of anything else. Throws kStorage naming `source`, also if two with the same key differ.
std::map<std::string, PickledStorage> pickled_storages(const Pickle& pickle, const std::string& source);

/// The error for a PyTorch file that cannot be read. Its hint has the line of Python that converts the file.
Error pth_defect(const std::string& source, const std::string& what);
extern const std::string kConvertPth;

}  // namespace seg
