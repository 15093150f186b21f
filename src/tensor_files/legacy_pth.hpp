// PyTorch's weight files of the format before 1.6, read as data like those of the format after it (pth.hpp).
//
// Format (legacy_save in torch/serialization.py): one pickle after the other, of a magic number, the version of the protocol, a dictionary of what
// numbers are like on the system, the object, and the list of its storages' keys; then for each key the number of elements, int64, and their bytes.
// In the object a storage is the persistent id ("storage", type, key, device, elements, view), where view must be None: until PyTorch 0.4 it could
// name another storage that this one is a part of. There are no checksums: of damage, only what changes the structure is seen.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "tensor_files/pth_layout.hpp"
#include "tensor_files/tensor_file.hpp"

namespace seg {

/// Memory: a constant, for at most 16 MB of pickles. Not for several threads at once.
class LegacyPthFile final : public TensorFile {
 public:
  /// Throws kStorage naming the file and the defect: what is no such file, would run code, leaves its storage, takes more bytes than the file has, or
  /// does not end where the file ends.
  explicit LegacyPthFile(const std::filesystem::path& path);

  void read(const TensorEntry& entry, void* target) const override;

 private:
  std::map<std::string, PthPlace> places_;
};

}  // namespace seg
