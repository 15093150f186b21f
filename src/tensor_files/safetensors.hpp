// The safetensors container: a JSON header followed by named tensors as plain bytes; reading it never runs code.
//
// Format (https://github.com/huggingface/safetensors): 8 bytes little-endian header length, JSON header
// {name: {dtype, shape, data_offsets}} with an optional "__metadata__" of strings, then the data. Offsets must be ordered,
// contiguous and cover the file exactly; shape times dtype must equal the span.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tensor_files/tensor_file.hpp"

namespace seg {

/// An open file whose header has been checked completely. Memory: the header plus a constant.
class SafetensorsFile final : public TensorFile {
 public:
  /// Throws kStorage naming the file and the defect.
  explicit SafetensorsFile(const std::filesystem::path& path);

  void read(const TensorEntry& entry, void* target) const override;

  /// Throws kStorage unless the metadata has a "digest" and every other byte of the file agrees with it.
  void verify_digest() const;

 private:
  std::string compute_digest(const std::string& stored) const;

  std::uint64_t data_start_ = 0;
};

/// A tensor to write: contiguous little-endian bytes that outlive the call.
struct TensorView {
  std::string name;
  std::string dtype;
  std::vector<std::int64_t> shape;
  const void* data = nullptr;
};

/// Writes the whole file or nothing, and adds the metadata key "digest". Throws kStorage.
void write_safetensors(const std::filesystem::path& path, const std::vector<TensorView>& tensors, std::map<std::string, std::string> metadata);

}  // namespace seg
