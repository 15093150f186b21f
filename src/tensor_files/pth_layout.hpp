// The layout of the tensors of a PyTorch file in its storages, and how they are read; the same for both formats.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tensor_files/pickled_weights.hpp"
#include "tensor_files/tensor_file.hpp"

namespace seg {

/// The location of the bytes of a storage.
struct PthStorage {
  std::uint64_t place = 0;  // depends on the format: a member of an archive, or a byte of the file
  std::uint64_t bytes = 0;
};

/// The location of a tensor in the file.
struct PthPlace {
  /// Strides in the storage and in the contiguous tensor, in elements.
  struct Axis {
    std::uint64_t extent;
    std::uint64_t from;
    std::uint64_t to;
  };

  PthStorage storage = {};
  std::uint64_t begin = 0;      // offset in the storage, in bytes
  std::uint64_t bytes = 0;      // bytes from the first element to the end of the last
  std::vector<Axis> axes = {};  // axes longer than 1, the largest stride first; empty: contiguous

  bool is_whole_storage() const { return begin == 0 && bytes == storage.bytes; }
};

/// The tensors with their locations.
struct PthLayout {
  std::vector<TensorEntry> entries;
  std::map<std::string, PthPlace> places;  // by name
};

/// Checks every tensor against its storage, which `storage_of` finds, or throws if there is none. Throws kStorage naming `source` if a tensor extends
/// beyond its storage, shares elements with itself, or needs, with those before it, more than `file_bytes`.
PthLayout lay_out(std::vector<PickledTensor> tensors, const std::function<PthStorage(const PickledTensor&)>& storage_of, std::uint64_t file_bytes,
                  const std::string& source);

/// Fills the contiguous tensor at `target`. `read` returns the next bytes of the storage; its first call starts at place.begin.
using PthBytes = std::function<void(char* target, std::uint64_t bytes)>;
void read_tensor_bytes(const PthPlace& place, std::size_t element_bytes, const PthBytes& read, char* target);

/// The error for a tensor that contradicts its file.
Error tensor_defect(const std::string& source, const std::string& tensor, const std::string& what);

}  // namespace seg
