// Reads PyTorch's weight files (.pth, .pt; torch.save since 1.6; before: legacy_pth.hpp) without PyTorch and without running any code in them.
//
// Format (https://pytorch.org/docs/stable/notes/serialization.html): a zip archive of uncompressed members NAME/data.pkl, the pickled
// object; NAME/data/KEY, the bytes of each storage; NAME/byteorder. In the pickle a tensor is a call of torch._utils._rebuild_tensor_v2
// with (storage, offset, shape, strides, ...), a storage the persistent id ("storage", torch.FloatStorage, KEY, device, elements).
//
// The weights are the tensors of the dictionary under "state_dict", "model_state", "model_state_dict", "model", "network" or "net", or
// else those of the outermost dictionary. Everything beside them - numbers, text, the optimizer's state - is ignored.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "tensor_files/pth_layout.hpp"
#include "tensor_files/tensor_file.hpp"

struct zip;

namespace seg {

/// Memory: a constant, for at most 100,000 members and 16 MB of pickle. Not thread-safe.
class PthFile final : public TensorFile {
 public:
  /// Throws kStorage with the file and the defect: not such an archive, a pickle that would run code, a tensor outside of its storage, or more bytes
  /// than the file has (tensors that share or repeat their memory).
  explicit PthFile(const std::filesystem::path& path);

  void read(const TensorEntry& entry, void* target) const override;

 private:
  std::unique_ptr<zip, void (*)(zip*)> archive_;
  std::map<std::string, PthPlace> places_;
};

}  // namespace seg
