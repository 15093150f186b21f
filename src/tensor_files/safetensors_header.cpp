#include "tensor_files/safetensors_header.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace seg {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

/// Takes the parser's events one by one. Whatever stands where the format has no place for it ends the reading, so nesting cannot
/// grow either.
class HeaderReader final : public nlohmann::json_sax<Json> {
 public:
  explicit HeaderReader(const fs::path& path) : path_(path) {}

  SafetensorsHeader header;

  bool start_object(std::size_t /*elements*/) override {
    if (place_ == Place::kStart) return go(Place::kTop);
    if (place_ == Place::kTop && key_ == kMetadataKey) return go(Place::kMetadata);
    if (place_ != Place::kTop) return misplaced("an object");
    if (header.entries.size() == kMaxTensors) throw safetensors_defect(path_, "more than " + std::to_string(kMaxTensors) + " tensors");
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
      if (header.metadata.size() == kMaxMetadata)
        throw safetensors_defect(path_, "more than " + std::to_string(kMaxMetadata) + " entries of metadata");
      if (!header.metadata.emplace(key_, std::move(text)).second) throw twice(key_);
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
      if (!fits) throw bad_entry("an extent of the shape is no count");
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
    throw safetensors_defect(path_, "the header is no valid JSON");
  }

 private:
  enum class Place { kStart, kTop, kMetadata, kTensor, kShape, kOffsets, kEnd };

  bool go(Place place) {
    place_ = place;
    return true;
  }

  /// What stands where the format has no place for it.
  [[noreturn]] bool misplaced(const std::string& what) const {
    switch (place_) {
      case Place::kStart:
      case Place::kEnd:
        throw safetensors_defect(path_, "the header is no JSON object");
      case Place::kMetadata:
        throw safetensors_defect(path_, "the metadata value of " + quoted_name(key_) + " is no string");
      case Place::kShape:
        throw bad_entry("an extent of the shape is no count");
      case Place::kOffsets:
        throw bad_entry("data_offsets must be two counts of bytes");
      case Place::kTop:
        throw safetensors_defect(path_, quoted_name(key_) + " is " + what + (key_ == kMetadataKey ? ", not an object" : ", not a tensor"));
      case Place::kTensor:
        break;
    }
    throw bad_entry("needs dtype, shape and data_offsets, each once, nothing else");
  }

  void finish_entry() {
    if (entry_.dtype.empty() || !has_shape_ || offsets_ != 2) misplaced("a tensor");
    const auto span = span_of(entry_.shape, dtype_size(entry_.dtype));
    if (entry_.end < entry_.begin || !span || *span != entry_.end - entry_.begin)
      throw bad_entry("shape times dtype does not match its span of bytes");
    header.entries.push_back(std::move(entry_));
  }

  Error bad_entry(const std::string& what) const { return safetensors_defect(path_, "tensor " + quoted_name(entry_.name) + ": " + what); }
  Error twice(const std::string& name) const { return safetensors_defect(path_, "the name " + quoted_name(name) + " stands twice in the header"); }

  const fs::path& path_;
  Place place_ = Place::kStart;
  std::string key_;  // the newest
  TensorEntry entry_;
  bool has_metadata_ = false;
  bool has_shape_ = false;
  int offsets_ = 0;  // how many are read
};

void check_names(const std::vector<TensorEntry>& entries, const fs::path& path) {
  std::vector<const std::string*> names;
  names.reserve(entries.size());
  for (const TensorEntry& entry : entries) names.push_back(&entry.name);
  std::ranges::sort(names, {}, [](const std::string* name) -> const std::string& { return *name; });
  const auto same = std::ranges::adjacent_find(names, [](const std::string* a, const std::string* b) { return *a == *b; });
  if (same != names.end()) throw safetensors_defect(path, "the name " + quoted_name(**same) + " stands twice in the header");
}

void check_coverage(std::vector<TensorEntry>& entries, std::uint64_t data_bytes, const fs::path& path) {
  std::ranges::stable_sort(entries, {}, [](const TensorEntry& entry) { return std::pair(entry.begin, entry.end); });
  std::uint64_t next = 0;
  for (const TensorEntry& entry : entries) {
    if (entry.begin != next) throw safetensors_defect(path, "tensor " + quoted_name(entry.name) + " overlaps another or leaves a gap");
    next = entry.end;
  }
  if (next != data_bytes)
    throw safetensors_defect(path, "the tensors cover " + std::to_string(next) + " bytes, the file holds " + std::to_string(data_bytes) +
                                       (next > data_bytes ? " (truncated?)" : ""));
}

}  // namespace

Error safetensors_defect(const fs::path& path, const std::string& what) {
  return {ErrorKind::kStorage, path.string() + " is not a valid safetensors file: " + what,
          "the file is damaged or of another type; take another copy"};
}

SafetensorsHeader parse_safetensors_header(const std::string& text, std::uint64_t data_bytes, const fs::path& path) {
  HeaderReader reader(path);
  Json::sax_parse(text, &reader);
  check_names(reader.header.entries, path);
  check_coverage(reader.header.entries, data_bytes, path);
  return std::move(reader.header);
}

}  // namespace seg
