#include "tensor_files/safetensors.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <fstream>
#include <limits>
#include <utility>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/files.hpp"

namespace seg {

namespace {

using Json = nlohmann::json;

static_assert(std::endian::native == std::endian::little, "safetensors data is little-endian");

constexpr std::uint64_t kMaxHeaderBytes = 16'000'000;  // the format allows 100 MB, much more than any of our networks needs
constexpr std::size_t kMaxTensors = 100'000;
constexpr std::size_t kMaxMetadata = 1'000;
constexpr const char* kMetadataKey = "__metadata__";
constexpr const char* kDigestKey = "digest";
// The header matched the file when it was opened, so a later failure means that the file has changed.
constexpr const char* kChanged = "was the file changed or moved in the meantime? Use another copy";

/// The placeholder for a digest while it is being computed.
std::string no_digest() { return std::string(32, '0'); }

/// The digest as it is written in the header by write_safetensors.
std::string digest_entry(const std::string& digest) { return "\"" + std::string(kDigestKey) + "\":\"" + digest + "\""; }

/// Digests everything before the data: the header's length, and the header with the placeholder instead of its digest.
void digest_header(Digest& digest, const std::string& text) {
  const std::uint64_t length = text.size();
  digest.update(&length, sizeof length);
  digest.update(text);
}

/// The error for a file that does not match the format.
Error safetensors_defect(const fs::path& path, const std::string& what) {
  return {ErrorKind::kStorage, path.string() + " is not a valid safetensors file: " + what,
          "the file is damaged or has another format; use another copy"};
}

/// Reads the header as a stream of parser events: it never builds a tree, so only the entries and the metadata need memory. Any value at a position
/// that the format does not allow is an error, which also limits nesting.
class HeaderReader final : public nlohmann::json_sax<Json> {
 public:
  explicit HeaderReader(const fs::path& path) : path_(path) {}

  std::vector<TensorEntry> entries;
  std::map<std::string, std::string> metadata;

  bool start_object(std::size_t /*elements*/) override {
    if (place_ == Place::kStart) return go(Place::kTop);
    if (place_ == Place::kTop && key_ == kMetadataKey) return go(Place::kMetadata);
    if (place_ != Place::kTop) return misplaced("an object");
    if (entries.size() == kMaxTensors) throw safetensors_defect(path_, "more than " + std::to_string(kMaxTensors) + " tensors");
    entry_ = TensorEntry{};
    entry_.name = key_;
    has_shape_ = false;
    offsets_ = 0;
    return go(Place::kTensor);
  }

  bool end_object() override {
    if (place_ == Place::kTensor) finish_entry();
    return go(place_ == Place::kTop ? Place::kEnd : Place::kTop);
  }

  bool start_array(std::size_t /*elements*/) override {
    if (place_ != Place::kTensor) return misplaced("a list");
    if (key_ == "shape" && !has_shape_) {
      has_shape_ = true;
      return go(Place::kShape);
    }
    if (key_ == "data_offsets" && offsets_ == 0) return go(Place::kOffsets);
    return misplaced("a list");
  }

  bool end_array() override {
    if (place_ == Place::kOffsets && offsets_ != 2) throw bad_entry("data_offsets must be two counts of bytes");
    return go(Place::kTensor);
  }

  bool key(std::string& name) override {
    if (name.size() > kMaxNameBytes) throw safetensors_defect(path_, "a name of " + std::to_string(name.size()) + " bytes");
    if (place_ == Place::kTop && name == kMetadataKey && std::exchange(has_metadata_, true)) throw twice(name);
    key_ = std::move(name);
    return true;
  }

  bool string(std::string& text) override {
    if (place_ == Place::kMetadata) {
      if (metadata.size() == kMaxMetadata) throw safetensors_defect(path_, "more than " + std::to_string(kMaxMetadata) + " entries of metadata");
      if (!metadata.emplace(key_, std::move(text)).second) throw twice(key_);
      return true;
    }
    if (place_ != Place::kTensor || key_ != "dtype" || !entry_.dtype.empty()) return misplaced("text");
    if (dtype_size(text) == 0) throw bad_entry("unknown dtype " + quoted_name(text));
    entry_.dtype = std::move(text);
    return true;
  }

  bool number_unsigned(number_unsigned_t value) override {
    const bool fits = value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (place_ == Place::kShape) {
      if (!fits) throw bad_entry("an extent of the shape is not a count");
      if (entry_.shape.size() == kMaxExtents) throw bad_entry("shape must be a list of at most 16 extents");
      entry_.shape.push_back(static_cast<std::int64_t>(value));
      return true;
    }
    if (place_ != Place::kOffsets) return misplaced("a number");
    if (!fits || offsets_ == 2) throw bad_entry("data_offsets must be two counts of bytes");
    (offsets_++ == 0 ? entry_.begin : entry_.end) = value;
    return true;
  }

  bool number_integer(number_integer_t /*value*/) override { return misplaced("a negative number"); }
  bool number_float(number_float_t /*value*/, const std::string& /*text*/) override { return misplaced("a fraction"); }
  bool null() override { return misplaced("null"); }
  bool boolean(bool /*value*/) override { return misplaced("true or false"); }
  bool binary(binary_t& /*value*/) override { return misplaced("binary data"); }

  bool parse_error(std::size_t /*position*/, const std::string& /*token*/, const nlohmann::detail::exception& /*error*/) override {
    throw safetensors_defect(path_, "the header is not valid JSON");
  }

 private:
  enum class Place { kStart, kTop, kMetadata, kTensor, kShape, kOffsets, kEnd };

  bool go(Place place) {
    place_ = place;
    return true;
  }

  /// Throws the error for a value at a position that the format does not allow.
  [[noreturn]] bool misplaced(const std::string& what) const {
    switch (place_) {
      case Place::kStart:
      case Place::kEnd:
        throw safetensors_defect(path_, "the header is not a JSON object");
      case Place::kMetadata:
        throw safetensors_defect(path_, "the metadata value of " + quoted_name(key_) + " is not a string");
      case Place::kShape:
        throw bad_entry("an extent of the shape is not a count");
      case Place::kOffsets:
        throw bad_entry("data_offsets must be two counts of bytes");
      case Place::kTop:
        throw safetensors_defect(path_, quoted_name(key_) + " is " + what + (key_ == kMetadataKey ? ", not an object" : ", not a tensor"));
      case Place::kTensor:
        break;
    }
    throw bad_entry("needs exactly dtype, shape and data_offsets, each once");
  }

  void finish_entry() {
    if (entry_.dtype.empty() || !has_shape_ || offsets_ != 2) misplaced("a tensor");
    const auto span = span_of(entry_.shape, dtype_size(entry_.dtype));
    if (entry_.end < entry_.begin || !span || *span != entry_.end - entry_.begin)
      throw bad_entry("shape times dtype size does not match its number of bytes");
    entries.push_back(std::move(entry_));
  }

  Error bad_entry(const std::string& what) const { return safetensors_defect(path_, "tensor " + quoted_name(entry_.name) + ": " + what); }
  Error twice(const std::string& name) const { return safetensors_defect(path_, "the name " + quoted_name(name) + " occurs twice in the header"); }

  const fs::path& path_;
  Place place_ = Place::kStart;
  std::string key_;  // the last key read
  TensorEntry entry_;
  bool has_metadata_ = false;
  bool has_shape_ = false;
  int offsets_ = 0;  // number of offsets read so far
};

void check_names(const std::vector<TensorEntry>& entries, const fs::path& path) {
  std::vector<const std::string*> names;
  names.reserve(entries.size());
  for (const TensorEntry& entry : entries) names.push_back(&entry.name);
  std::ranges::sort(names, {}, [](const std::string* name) -> const std::string& { return *name; });
  const auto same = std::ranges::adjacent_find(names, [](const std::string* a, const std::string* b) { return *a == *b; });
  if (same != names.end()) throw safetensors_defect(path, "the name " + quoted_name(**same) + " occurs twice in the header");
}

void check_coverage(std::vector<TensorEntry>& entries, std::uint64_t data_bytes, const fs::path& path) {
  std::ranges::stable_sort(entries, {}, [](const TensorEntry& entry) { return std::pair(entry.begin, entry.end); });
  std::uint64_t next = 0;
  for (const TensorEntry& entry : entries) {
    if (entry.begin != next) throw safetensors_defect(path, "tensor " + quoted_name(entry.name) + " overlaps another or leaves a gap");
    next = entry.end;
  }
  if (next != data_bytes)
    throw safetensors_defect(path, "the tensors need " + std::to_string(next) + " bytes, but the file has " + std::to_string(data_bytes) +
                                       (next > data_bytes ? " (truncated?)" : ""));
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

  HeaderReader reader(path);
  Json::sax_parse(text, &reader);
  check_names(reader.entries, path);
  check_coverage(reader.entries, size - data_start_, path);
  entries_ = std::move(reader.entries);
  metadata_ = std::move(reader.metadata);
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
  if (stored == metadata_.end()) throw Error(ErrorKind::kStorage, path_.string() + " has no digest", "the file was not written by segtrain");
  if (stored->second.size() != no_digest().size() || stored->second != compute_digest(stored->second))
    throw Error(ErrorKind::kStorage, path_.string() + " is damaged: its content does not match its digest", "use another checkpoint of the run");
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
  text.append((8 - text.size() % 8) % 8, ' ');  // the format requires aligned data
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
