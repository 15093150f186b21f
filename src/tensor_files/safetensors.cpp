#include "tensor_files/safetensors.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <fstream>
#include <utility>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "tensor_files/safetensors_header.hpp"

namespace seg {

namespace {

static_assert(std::endian::native == std::endian::little, "safetensors data is little-endian");

constexpr std::uint64_t kMaxHeaderBytes = 16'000'000;  // the format allows 100 MB, which no network of ours comes near
constexpr const char* kDigestKey = "digest";
// The header was read and fitted the file, so what fails later is new.
constexpr const char* kChanged = "was it changed or moved meanwhile? Take another copy";

/// A digest's text before it is known; what stands in its place while it is computed.
std::string no_digest() { return std::string(32, '0'); }

/// How the digest stands in a header that write_safetensors made.
std::string digest_entry(const std::string& digest) { return "\"" + std::string(kDigestKey) + "\":\"" + digest + "\""; }

/// Digests everything before the data: the header's length and the header with its digest blanked.
void digest_header(Digest& digest, const std::string& text) {
  const std::uint64_t length = text.size();
  digest.update(&length, sizeof length);
  digest.update(text);
}

}  // namespace

SafetensorsFile::SafetensorsFile(const fs::path& path) : TensorFile(path) {
  std::error_code error;
  const std::uint64_t size = fs::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file) throw Error(ErrorKind::kStorage, "cannot read " + path.string(), "check its permissions");
  std::uint64_t length = 0;
  if (size < sizeof length || !file.read(reinterpret_cast<char*>(&length), sizeof length)) throw safetensors_defect(path, "shorter than 8 bytes");
  if (length > kMaxHeaderBytes || length > size - sizeof length)
    throw safetensors_defect(path, "a header of " + std::to_string(length) + " bytes in a file of " + std::to_string(size));
  std::string text(length, '\0');
  if (!file.read(text.data(), static_cast<std::streamsize>(length))) throw safetensors_defect(path, "the header cannot be read");
  data_start_ = sizeof length + length;

  SafetensorsHeader header = parse_safetensors_header(text, size - data_start_, path);
  entries_ = std::move(header.entries);
  metadata_ = std::move(header.metadata);
}

void SafetensorsFile::read(const TensorEntry& entry, void* target) const {
  std::ifstream file(path_, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(data_start_ + entry.begin));
  if (!file.read(static_cast<char*>(target), static_cast<std::streamsize>(entry.end - entry.begin)))
    throw Error(ErrorKind::kStorage, "cannot read tensor '" + entry.name + "' of " + path_.string(), kChanged);
}

std::string SafetensorsFile::compute_digest(const std::string& stored) const {
  const Error unreadable(ErrorKind::kStorage, "cannot read " + path_.string(), kChanged);
  std::ifstream file(path_, std::ios::binary);
  file.seekg(sizeof(std::uint64_t));
  std::string header(data_start_ - sizeof(std::uint64_t), '\0');
  if (!file.read(header.data(), static_cast<std::streamsize>(header.size()))) throw unreadable;
  const std::string entry = digest_entry(stored);
  const std::size_t place = header.find(entry);
  if (place != std::string::npos) header.replace(place, entry.size(), digest_entry(no_digest()));
  Digest digest;
  digest_header(digest, header);
  std::vector<char> buffer(1 << 20);
  for (std::uint64_t left = entries_.empty() ? 0 : entries_.back().end; left > 0;) {
    const std::size_t part = std::min<std::uint64_t>(left, buffer.size());
    if (!file.read(buffer.data(), static_cast<std::streamsize>(part))) throw unreadable;
    digest.update(buffer.data(), part);
    left -= part;
  }
  return digest.hex();
}

void SafetensorsFile::verify_digest() const {
  const auto stored = metadata_.find(kDigestKey);
  if (stored == metadata_.end()) throw Error(ErrorKind::kStorage, path_.string() + " has no digest", "it was not written by segtrain");
  if (stored->second.size() != no_digest().size() || stored->second != compute_digest(stored->second))
    throw Error(ErrorKind::kStorage, path_.string() + " is damaged: its content does not match its digest", "take another checkpoint of the run");
}

void write_safetensors(const fs::path& path, const std::vector<TensorView>& tensors, std::map<std::string, std::string> metadata) {
  nlohmann::ordered_json header;
  metadata[kDigestKey] = no_digest();
  header[kMetadataKey] = metadata;
  std::uint64_t offset = 0;
  std::vector<std::size_t> sizes;
  for (const TensorView& tensor : tensors) {
    const auto span = span_of(tensor.shape, dtype_size(tensor.dtype));
    if (!span || dtype_size(tensor.dtype) == 0) throw Error(ErrorKind::kInternal, "tensor '" + tensor.name + "' cannot be stored as " + tensor.dtype);
    sizes.push_back(*span);
    header[tensor.name] = {{"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {offset, offset + *span}}};
    offset += *span;
  }
  std::string text = header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  text.append((8 - text.size() % 8) % 8, ' ');  // aligned data, as the format asks
  Digest digest;
  digest_header(digest, text);
  for (std::size_t i = 0; i < tensors.size(); ++i) digest.update(tensors[i].data, sizes[i]);
  const std::string blank = digest_entry(no_digest());
  text.replace(text.find(blank), blank.size(), digest_entry(digest.hex()));
  const std::uint64_t length = text.size();
  write_file_atomic(path, [&](const ByteSink& sink) {
    sink(&length, sizeof length);
    sink(text.data(), text.size());
    for (std::size_t i = 0; i < tensors.size(); ++i) sink(tensors[i].data, sizes[i]);
  });
}

}  // namespace seg
