#include "base/safetensors.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <fstream>
#include <limits>
#include <set>
#include <utility>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/files.hpp"

namespace seg {

namespace {

static_assert(std::endian::native == std::endian::little, "safetensors data is little-endian");

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;
constexpr const char* kMetadataKey = "__metadata__";
constexpr const char* kDigestKey = "digest";
// The header was read and fitted the file, so what fails later is new.
constexpr const char* kChanged = "was it changed or moved meanwhile? Take another copy";

using Json = nlohmann::json;

Error defect(const fs::path& path, const std::string& what) {
  return {ErrorKind::kStorage, path.string() + " is not a valid safetensors file: " + what,
          "the file is damaged or of another type; take another copy"};
}

/// Parses the header, refusing repeated keys (which the JSON library would silently merge) and deep nesting.
Json parse_header(const std::string& text, const fs::path& path) {
  std::vector<std::set<std::string>> keys;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > 4) throw defect(path, "header nested too deeply");
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second)
      throw defect(path, "the name " + parsed.dump(-1, ' ', true, Json::error_handler_t::replace) + " stands twice in the header");
    return true;
  };
  try {
    Json header = Json::parse(text, watch);
    if (!header.is_object()) throw defect(path, "the header is no JSON object");
    return header;
  } catch (const Json::exception&) {
    throw defect(path, "the header is no valid JSON");
  }
}

/// Elements times bytes; nothing on overflow or a negative extent.
std::optional<std::uint64_t> span_of(const std::vector<std::int64_t>& shape, std::size_t element) {
  std::uint64_t bytes = element;
  for (const std::int64_t extent : shape) {
    if (extent < 0) return std::nullopt;
    const auto factor = static_cast<std::uint64_t>(extent);
    if (factor != 0 && bytes > std::numeric_limits<std::uint64_t>::max() / factor) return std::nullopt;
    bytes *= factor;
  }
  return bytes;
}

TensorEntry parse_entry(const std::string& name, const Json& value, const fs::path& path) {
  const auto bad = [&](const std::string& what) { return defect(path, "tensor '" + name + "': " + what); };
  if (!value.is_object() || value.size() != 3 || !value.contains("dtype") || !value.contains("shape") || !value.contains("data_offsets"))
    throw bad("needs dtype, shape and data_offsets, nothing else");
  const Json& offsets = value["data_offsets"];
  const auto is_count = [](const Json& number) {
    return number.is_number_unsigned() && number.get<std::uint64_t>() <= std::numeric_limits<std::int64_t>::max();
  };
  if (!offsets.is_array() || offsets.size() != 2 || !is_count(offsets[0]) || !is_count(offsets[1]))
    throw bad("data_offsets must be two counts of bytes");
  if (!value["dtype"].is_string() || dtype_size(value["dtype"].get<std::string>()) == 0) throw bad("unknown dtype " + value["dtype"].dump());
  if (!value["shape"].is_array() || value["shape"].size() > 16) throw bad("shape must be a list of at most 16 extents");
  TensorEntry entry{name, value["dtype"].get<std::string>(), {}, offsets[0].get<std::uint64_t>(), offsets[1].get<std::uint64_t>()};
  for (const Json& extent : value["shape"]) {
    if (!is_count(extent)) throw bad("an extent of the shape is no count");
    entry.shape.push_back(extent.get<std::int64_t>());
  }
  const auto span = span_of(entry.shape, dtype_size(entry.dtype));
  if (entry.end < entry.begin || !span || *span != entry.end - entry.begin) throw bad("shape times dtype does not match its span of bytes");
  return entry;
}

void check_coverage(std::vector<TensorEntry>& entries, std::uint64_t data_bytes, const fs::path& path) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  std::uint64_t next = 0;
  for (const TensorEntry& entry : entries) {
    if (entry.begin != next) throw defect(path, "tensor '" + entry.name + "' overlaps another or leaves a gap");
    next = entry.end;
  }
  if (next != data_bytes)
    throw defect(path, "the tensors cover " + std::to_string(next) + " bytes, the file holds " + std::to_string(data_bytes) +
                           (next > data_bytes ? " (truncated?)" : ""));
}

/// What is digested for a tensor ahead of its bytes; the separators keep neighbours apart.
std::string describe(const std::string& name, const std::string& dtype, const std::vector<std::int64_t>& shape) {
  std::string text = name + '\0' + dtype;
  for (const std::int64_t extent : shape) text += '\0' + std::to_string(extent);
  return text + '\n';
}

void digest_metadata(Digest& digest, const std::map<std::string, std::string>& metadata) {
  for (const auto& [key, value] : metadata) {
    if (key == kDigestKey) continue;
    std::string text = key + '\0';
    text.append(std::to_string(value.size())).append(1, '\0').append(value).append(1, '\n');
    digest.update(text);
  }
}

}  // namespace

std::size_t dtype_size(const std::string& dtype) {
  static const std::map<std::string, std::size_t> sizes{{"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I64", 8},
                                                        {"I32", 4}, {"I16", 2}, {"I8", 1},  {"U8", 1},   {"BOOL", 1}};
  const auto found = sizes.find(dtype);
  return found == sizes.end() ? 0 : found->second;
}

SafetensorsFile::SafetensorsFile(const fs::path& path) : path_(path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error))
    throw fs::exists(path, error)
        ? Error(ErrorKind::kStorage, path.string() + " is not a regular file", "name a .safetensors file")
        : Error(ErrorKind::kStorage, path.string() + " does not exist", "check the path; the checkpoints of a run lie in RUN/checkpoints");
  const std::uint64_t size = fs::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file) throw Error(ErrorKind::kStorage, "cannot read " + path.string(), "check its permissions");
  std::uint64_t length = 0;
  if (size < sizeof length || !file.read(reinterpret_cast<char*>(&length), sizeof length)) throw defect(path, "shorter than 8 bytes");
  if (length > kMaxHeaderBytes || length > size - sizeof length)
    throw defect(path, "a header of " + std::to_string(length) + " bytes in a file of " + std::to_string(size));
  std::string text(length, '\0');
  if (!file.read(text.data(), static_cast<std::streamsize>(length))) throw defect(path, "the header cannot be read");
  data_start_ = sizeof length + length;

  const Json header = parse_header(text, path);
  for (const auto& [name, value] : header.items()) {
    if (name != kMetadataKey) {
      entries_.push_back(parse_entry(name, value, path));
      continue;
    }
    if (!value.is_object()) throw defect(path, "the metadata is no object");
    for (const auto& [key, entry] : value.items()) {
      if (!entry.is_string()) throw defect(path, "the metadata value of '" + key + "' is no string");
      metadata_[key] = entry.get<std::string>();
    }
  }
  check_coverage(entries_, size - data_start_, path);
}

const TensorEntry* SafetensorsFile::find(const std::string& name) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const TensorEntry& entry) { return entry.name == name; });
  return found == entries_.end() ? nullptr : &*found;
}

void SafetensorsFile::read(const TensorEntry& entry, void* target) const {
  std::ifstream file(path_, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(data_start_ + entry.begin));
  if (!file.read(static_cast<char*>(target), static_cast<std::streamsize>(entry.end - entry.begin)))
    throw Error(ErrorKind::kStorage, "cannot read tensor '" + entry.name + "' of " + path_.string(), kChanged);
}

std::string SafetensorsFile::compute_digest() const {
  Digest digest;
  digest_metadata(digest, metadata_);
  std::ifstream file(path_, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(data_start_));
  std::vector<char> buffer(1 << 20);
  for (const TensorEntry& entry : entries_) {
    digest.update(describe(entry.name, entry.dtype, entry.shape));
    for (std::uint64_t left = entry.end - entry.begin; left > 0;) {
      const std::size_t part = std::min<std::uint64_t>(left, buffer.size());
      if (!file.read(buffer.data(), static_cast<std::streamsize>(part))) throw Error(ErrorKind::kStorage, "cannot read " + path_.string(), kChanged);
      digest.update(buffer.data(), part);
      left -= part;
    }
  }
  return digest.hex();
}

void SafetensorsFile::verify_digest() const {
  const auto stored = metadata_.find(kDigestKey);
  if (stored == metadata_.end()) throw Error(ErrorKind::kStorage, path_.string() + " has no digest", "it was not written by segtrain");
  if (stored->second != compute_digest())
    throw Error(ErrorKind::kStorage, path_.string() + " is damaged: its content does not match its digest", "take another checkpoint of the run");
}

void write_safetensors(const fs::path& path, const std::vector<TensorView>& tensors, std::map<std::string, std::string> metadata) {
  nlohmann::ordered_json header;
  Digest digest;
  digest_metadata(digest, metadata);
  std::uint64_t offset = 0;
  std::vector<std::size_t> sizes;
  for (const TensorView& tensor : tensors) {
    const auto span = span_of(tensor.shape, dtype_size(tensor.dtype));
    if (!span || dtype_size(tensor.dtype) == 0) throw Error(ErrorKind::kInternal, "tensor '" + tensor.name + "' cannot be stored as " + tensor.dtype);
    digest.update(describe(tensor.name, tensor.dtype, tensor.shape));
    digest.update(tensor.data, *span);
    sizes.push_back(*span);
    header[tensor.name] = {{"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {offset, offset + *span}}};
    offset += *span;
  }
  metadata[kDigestKey] = digest.hex();
  header[kMetadataKey] = metadata;
  std::string text = header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  text.append((8 - text.size() % 8) % 8, ' ');  // aligned data, as the format asks
  const std::uint64_t length = text.size();
  write_file_atomic(path, [&](const ByteSink& sink) {
    sink(&length, sizeof length);
    sink(text.data(), text.size());
    for (std::size_t i = 0; i < tensors.size(); ++i) sink(tensors[i].data, sizes[i]);
  });
}

}  // namespace seg
