// Reads PyTorch's weight files of the format before 1.6 as data, like those of the newer format (pth.hpp).
//
// Format (legacy_save in torch/serialization.py): a sequence of pickles: a magic number, the version of the protocol, a dictionary that describes
// the system's numbers, the object, and the list of its storages' keys; then for each key the number of elements, int64, and their bytes.
// In the object a storage is the persistent id ("storage", type, key, device, elements, view), where view must be None: until PyTorch 0.4 it could
// name another storage, of which this one is a part. There are no checksums: damage is detected only if it changes the structure.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "tensor_files/pth_layout.hpp"
#include "tensor_files/tensor_file.hpp"

namespace seg {

/// Memory: a constant, for at most 16 MB of pickles. Not thread-safe.
class LegacyPthFile final : public TensorFile {
 public:
  /// Throws kStorage with the file and the defect: another kind of file, a pickle that would run code, a tensor outside of its storage, more bytes
  /// than the file has, or bytes after the last storage.
  explicit LegacyPthFile(const std::filesystem::path& path);

  void read(const TensorEntry& entry, void* target) const override;

 private:
  std::map<std::string, PthPlace> places_;
};

}  // namespace seg
