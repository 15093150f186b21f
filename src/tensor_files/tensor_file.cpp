#include "tensor_files/tensor_file.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <limits>
#include <string_view>

#include "base/error.hpp"
#include "tensor_files/legacy_pth.hpp"
#include "tensor_files/pickled_weights.hpp"
#include "tensor_files/pth.hpp"
#include "tensor_files/safetensors.hpp"

namespace seg {

namespace {

namespace fs = std::filesystem;

enum class Format { kSafetensors, kZip, kPickles, kTar };

/// Detects the format from the first bytes; kSafetensors if they match no other format, or if there is no file.
Format format_of(const fs::path& path) {
  constexpr std::size_t kTarMagic = 257;  // offset of the magic bytes of a tar archive
  std::string bytes(512, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  if (bytes.starts_with("PK\3\4")) return Format::kZip;
  if (bytes.starts_with("\x80\x02")) return Format::kPickles;
  return bytes.size() > kTarMagic && std::string_view(bytes).substr(kTarMagic).starts_with("ustar") ? Format::kTar : Format::kSafetensors;
}

}  // namespace

std::size_t dtype_size(const std::string& dtype) {
  static const std::map<std::string, std::size_t> sizes{{"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I64", 8},
                                                        {"I32", 4}, {"I16", 2}, {"I8", 1},  {"U8", 1},   {"BOOL", 1}};
  const auto found = sizes.find(dtype);
  return found == sizes.end() ? 0 : found->second;
}

std::optional<std::uint64_t> span_of(const std::vector<std::int64_t>& shape, std::size_t element_bytes) {
  std::uint64_t bytes = element_bytes;
  for (const std::int64_t extent : shape) {
    if (extent < 0) return std::nullopt;
    const auto factor = static_cast<std::uint64_t>(extent);
    if (factor != 0 && bytes > std::numeric_limits<std::uint64_t>::max() / factor) return std::nullopt;
    bytes *= factor;
  }
  return bytes;
}

TensorFile::TensorFile(const fs::path& path) : path_(path) {
  std::error_code error;
  if (fs::is_regular_file(path, error)) return;
  throw fs::exists(path, error)
      ? Error(ErrorKind::kStorage, path.string() + " is not a regular file", "give a .safetensors or .pth file")
      : Error(ErrorKind::kStorage, path.string() + " does not exist", "check the path; the checkpoints of a run are in RUN/checkpoints");
}

const TensorEntry* TensorFile::find(const std::string& name) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const TensorEntry& entry) { return entry.name == name; });
  return found == entries_.end() ? nullptr : &*found;
}

bool is_pytorch_file(const fs::path& path) { return format_of(path) != Format::kSafetensors; }

std::unique_ptr<TensorFile> open_tensor_file(const fs::path& path) {
  switch (format_of(path)) {
    case Format::kZip:
      return std::make_unique<PthFile>(path);
    case Format::kPickles:
      return std::make_unique<LegacyPthFile>(path);
    case Format::kTar:
      throw pth_defect(path.string(), "it is a tar archive, the format of the first versions of PyTorch");
    case Format::kSafetensors:
      break;
  }
  return std::make_unique<SafetensorsFile>(path);
}

std::string quoted_name(const std::string& name) {
  using Json = nlohmann::json;
  constexpr std::size_t kShown = 80;
  return Json(name.substr(0, kShown)).dump(-1, ' ', true, Json::error_handler_t::replace) + (name.size() > kShown ? "..." : "");
}

}  // namespace seg
