// PyTorch's own weight files (.pth, .pt; torch.save since 1.6), read without PyTorch and without running anything they hold.
//
// Format (https://pytorch.org/docs/stable/notes/serialization.html): a zip archive of uncompressed members NAME/data.pkl, the pickled
// object; NAME/data/KEY, the bytes of each storage; NAME/byteorder. In the pickle a tensor is a call of torch._utils._rebuild_tensor_v2
// with (storage, offset, shape, strides, ...), a storage the persistent id ("storage", torch.FloatStorage, KEY, device, elements).
//
// The weights are the tensors of the dictionary under "state_dict", "model_state", "model_state_dict", "model", "network" or "net", or
// else those of the outermost one. Whatever stands beside them - numbers, text, the optimizer's state - is left alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "tensor_files/tensor_file.hpp"

struct zip;

namespace seg {

enum class PthFormat { kNone, kZip, kLegacy };

/// By the first bytes of a file (512 are enough). kLegacy: a bare pickle or a tar archive, as PyTorch wrote before 1.6.
PthFormat pth_format(std::string_view first_bytes);

/// The error for such an old file, which tells how to convert it.
Error legacy_pth(const std::filesystem::path& path);

/// Where a tensor lies in the file.
struct PthPlace {
  /// Elements of the storage, and of the contiguous tensor, from one index to the next.
  struct Axis {
    std::uint64_t extent;
    std::uint64_t from;
    std::uint64_t to;
  };

  std::uint64_t member = 0;  // of the archive
  std::uint64_t begin = 0;   // bytes within it
  std::uint64_t bytes = 0;   // from the first element to the end of the last
  bool whole = false;        // those are the whole member, so that its checksum tells
  std::vector<Axis> axes;    // those longer than 1, the largest stride first; empty: contiguous
};

/// Memory: a constant, for at most 100,000 members and 16 MB of pickle. Not for several threads at once.
class PthFile final : public TensorFile {
 public:
  /// Throws kStorage naming the file and the defect: what is no such archive, would run code, leaves its storage, or takes more bytes
  /// than the file has (tensors that share or repeat their memory).
  explicit PthFile(const std::filesystem::path& path);

  void read(const TensorEntry& entry, void* target) const override;

 private:
  std::unique_ptr<zip, void (*)(zip*)> archive_;
  std::map<std::string, PthPlace> places_;
};

}  // namespace seg
