// The JSON header of a safetensors file, read as a stream: no tree of it is ever built.
//
// Memory: what the entries and the metadata take, of which the file may hold kMaxTensors and kMaxMetadata.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "tensor_files/safetensors.hpp"

namespace seg {

constexpr std::size_t kMaxTensors = 100'000;
constexpr std::size_t kMaxMetadata = 1'000;
constexpr const char* kMetadataKey = "__metadata__";

struct SafetensorsHeader {
  std::vector<TensorEntry> entries;  // in the order of their data, which they cover without gap or overlap
  std::map<std::string, std::string> metadata;
};

/// `data_bytes` is what follows the header in the file. Throws kStorage naming `path` and the defect.
SafetensorsHeader parse_safetensors_header(const std::string& text, std::uint64_t data_bytes, const std::filesystem::path& path);

/// The error for a file that is not what the format says.
Error safetensors_defect(const std::filesystem::path& path, const std::string& what);

}  // namespace seg
