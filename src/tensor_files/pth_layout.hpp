// How the tensors of a PyTorch file lie in its storages, and how they are read from there; the same in both of its formats.
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

/// Where the bytes of a storage are.
struct PthStorage {
  std::uint64_t place = 0;  // whatever the format finds them by: a member of an archive, a byte of the file
  std::uint64_t bytes = 0;
};

/// Where a tensor lies in the file.
struct PthPlace {
  /// Elements of the storage, and of the contiguous tensor, from one index to the next.
  struct Axis {
    std::uint64_t extent;
    std::uint64_t from;
    std::uint64_t to;
  };

  PthStorage storage = {};
  std::uint64_t begin = 0;      // bytes within it
  std::uint64_t bytes = 0;      // from the first element to the end of the last
  std::vector<Axis> axes = {};  // those longer than 1, the largest stride first; empty: contiguous

  bool is_whole_storage() const { return begin == 0 && bytes == storage.bytes; }
};

/// The tensors with their places.
struct PthLayout {
  std::vector<TensorEntry> entries;
  std::map<std::string, PthPlace> places;  // by name
};

/// Checks every tensor against its storage, which `storage_of` finds or throws for. Throws kStorage naming `source`: a tensor that leaves its
/// storage, shares elements with itself, or takes with those before it more than the `file_bytes` that there are.
PthLayout lay_out(std::vector<PickledTensor> tensors, const std::function<PthStorage(const PickledTensor&)>& storage_of, std::uint64_t file_bytes,
                  const std::string& source);

/// Fills the contiguous tensor at `target`. `read` gives so many bytes of the storage one after the other, the first from place.begin on.
using PthBytes = std::function<void(char* target, std::uint64_t bytes)>;
void read_tensor_bytes(const PthPlace& place, std::size_t element_bytes, const PthBytes& read, char* target);

/// The error for a tensor that contradicts its file.
Error tensor_defect(const std::string& source, const std::string& tensor, const std::string& what);

}  // namespace seg
