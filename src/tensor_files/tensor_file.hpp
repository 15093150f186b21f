// Reads named tensors from a file in either format: safetensors (safetensors.hpp) or PyTorch's own (pth.hpp).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace seg {

/// Limits on names and shapes read from a file; no real weight exceeds them.
inline constexpr std::size_t kMaxExtents = 16;
inline constexpr std::size_t kMaxNameBytes = 4096;

struct TensorEntry {
  std::string name;
  std::string dtype;  // "F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL"
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;  // bytes from the start of the data
  std::uint64_t end = 0;
};

/// Bytes of one element; 0 for an unknown dtype.
std::size_t dtype_size(const std::string& dtype);

/// Number of bytes of a tensor of this shape; nothing on overflow or a negative extent.
std::optional<std::uint64_t> span_of(const std::vector<std::int64_t>& shape, std::size_t element_bytes);

/// An open file that has been checked completely: the sizes of all its tensors together are at most the size of the file.
class TensorFile {
 public:
  virtual ~TensorFile() = default;
  TensorFile(const TensorFile&) = delete;
  TensorFile& operator=(const TensorFile&) = delete;

  const std::vector<TensorEntry>& entries() const { return entries_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const std::filesystem::path& path() const { return path_; }
  /// nullptr if there is no tensor of this name.
  const TensorEntry* find(const std::string& name) const;
  /// Reads the tensor's bytes, contiguous and little-endian, into `target`, which holds entry.end - entry.begin bytes. Throws kStorage.
  virtual void read(const TensorEntry& entry, void* target) const = 0;

 protected:
  /// Throws kStorage unless the path is a regular file.
  explicit TensorFile(const std::filesystem::path& path);

  std::filesystem::path path_;
  std::vector<TensorEntry> entries_;
  std::map<std::string, std::string> metadata_;
};

/// Whether its first bytes are those of a PyTorch file of any version. False if there is no file.
bool is_pytorch_file(const std::filesystem::path& path);

/// Opens a file and detects its format from the first bytes. Throws kStorage with the file and the defect.
std::unique_ptr<TensorFile> open_tensor_file(const std::filesystem::path& path);

/// A name from a file in quotes, shortened and with control characters escaped, for messages.
std::string quoted_name(const std::string& name);

}  // namespace seg
