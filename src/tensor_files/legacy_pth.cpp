#include "tensor_files/legacy_pth.hpp"

#include <algorithm>
#include <bit>
#include <fstream>
#include <string_view>
#include <utility>

#include "tensor_files/pickled_weights.hpp"

namespace seg {

namespace {

namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little, "the tensors' bytes are little-endian");

// The pickles of the magic number 0x1950a86a20f9469cfc6c and of the version 1001, which torch.save always writes in the same way.
constexpr std::string_view kBegin = "\x80\x02\x8a\nl\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.";

class Bytes {
 public:
  explicit Bytes(const fs::path& path) : file_(path, std::ios::binary), source_(path.string()) {}

  void seek(std::uint64_t position) { file_.seekg(static_cast<std::streamoff>(position)); }
  void read(char* target, std::uint64_t count) {
    if (!file_.read(target, static_cast<std::streamsize>(count))) throw pth_defect(source_, "it ends too early (truncated?)");
  }

 private:
  std::ifstream file_;
  std::string source_;
};

/// The pickles at the beginning of the file; throws if the file begins differently.
std::string read_pickles(const fs::path& path, std::uint64_t file_bytes) {
  std::string bytes(std::min(file_bytes, kMaxPickleBytes), '\0');
  Bytes(path).read(bytes.data(), bytes.size());
  if (!bytes.starts_with(kBegin)) throw pth_defect(path.string(), "it is a pickle, but not one that torch.save wrote before PyTorch 1.6");
  return bytes;
}

void check_system(const Pickle& system, const std::string& source) {
  const Pickle::Value* little = system.find(system.root(), "little_endian");
  if (little == nullptr || little->kind != Pickle::Kind::kInteger) throw pth_defect(source, "it does not state its byte order");
  if (little->integer != 1) throw pth_defect(source, "its numbers are big-endian");
}

/// The position of each storage, by its key; the first begins at `position`.
std::map<std::string, PthStorage> find_storages(const fs::path& path, const Pickle& keys, const std::map<std::string, PickledStorage>& described,
                                                std::uint64_t position, std::uint64_t file_bytes) {
  const std::string source = path.string();
  std::map<std::string, PthStorage> found;
  Bytes bytes(path);
  if (keys.root().kind != Pickle::Kind::kList) throw pth_defect(source, "it has no list of its storages");
  for (const Pickle::Id id : keys.root().items) {
    const std::string key(keys[id].text);
    const auto known = described.find(key);
    if (known == described.end()) throw pth_defect(source, "there is no description of its storage " + quoted_name(key));
    std::int64_t elements = 0;
    bytes.seek(position);
    bytes.read(reinterpret_cast<char*>(&elements), sizeof elements);
    position += sizeof elements;
    const std::size_t element_bytes = dtype_size(known->second.dtype);
    if (elements != known->second.elements) throw pth_defect(source, "its storage " + quoted_name(key) + " does not have its stated length");
    if (static_cast<std::uint64_t>(elements) > (file_bytes - position) / element_bytes) throw pth_defect(source, "it ends too early (truncated?)");
    const PthStorage storage{position, static_cast<std::uint64_t>(elements) * element_bytes};
    if (!found.emplace(key, storage).second) throw pth_defect(source, "its storage " + quoted_name(key) + " occurs twice");
    position += storage.bytes;
  }
  if (position != file_bytes) throw pth_defect(source, "it has " + std::to_string(file_bytes - position) + " more bytes after its last storage");
  return found;
}

}  // namespace

LegacyPthFile::LegacyPthFile(const fs::path& path) : TensorFile(path) {
  const std::string source = path.string();
  const std::uint64_t file_bytes = fs::file_size(path);
  const std::string pickles = read_pickles(path, file_bytes);
  std::size_t position = kBegin.size();
  const Pickle system(pickles.substr(position), source, {}, kConvertPth);
  check_system(system, source);
  position += system.size();
  const Pickle object(pickles.substr(position), source, torch_globals(), kConvertPth);
  position += object.size();
  const Pickle keys(pickles.substr(position), source, {}, kConvertPth);
  position += keys.size();
  const auto storages = find_storages(path, keys, pickled_storages(object, source), position, file_bytes);
  const auto storage_of = [&](const PickledTensor& tensor) {
    const auto found = storages.find(tensor.storage.key);
    if (found == storages.end()) throw tensor_defect(source, tensor.name, "it has no storage " + quoted_name(tensor.storage.key));
    return found->second;
  };
  PthLayout layout = lay_out(pickled_weights(object, source), storage_of, file_bytes, source);
  entries_ = std::move(layout.entries);
  places_ = std::move(layout.places);
}

void LegacyPthFile::read(const TensorEntry& entry, void* target) const {
  const PthPlace& place = places_.at(entry.name);
  if (entry.begin == entry.end) return;
  Bytes bytes(path_);
  bytes.seek(place.storage.place + place.begin);
  read_tensor_bytes(
      place, dtype_size(entry.dtype), [&](char* into, std::uint64_t count) { bytes.read(into, count); }, static_cast<char*>(target));
}

}  // namespace seg
