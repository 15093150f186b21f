#include "tensor_files/pth.hpp"

#include <zip.h>

#include <bit>
#include <cstring>
#include <fstream>
#include <utility>

#include "tensor_files/pickled_weights.hpp"

namespace seg {

namespace {

namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little, "the tensors' bytes are little-endian");

constexpr std::size_t kMaxMembers = 100'000;
constexpr std::string_view kPickleName = "/data.pkl";

/// One member of the archive, of which any range can be read.
class Member {
 public:
  Member(zip_t* archive, std::uint64_t index, const std::string& source)
      : file_(zip_fopen_index(archive, index, 0), [](zip_file_t* file) { zip_fclose(file); }), source_(source) {
    if (!file_) throw pth_defect(source_, zip_strerror(archive));
  }

  void seek(std::uint64_t position) {
    if (position > 0 && zip_fseek(file_.get(), static_cast<zip_int64_t>(position), SEEK_SET) != 0) throw failed();
  }

  void read(char* target, std::uint64_t bytes) {
    while (bytes > 0) {
      const zip_int64_t count = zip_fread(file_.get(), target, bytes);
      if (count <= 0) throw failed();
      target += count;
      bytes -= static_cast<std::uint64_t>(count);
    }
  }

  /// Throws unless the end is reached and the checksum of the bytes read is correct.
  void finish() {
    char more = 0;
    if (zip_fread(file_.get(), &more, 1) != 0) throw failed();
  }

 private:
  Error failed() { return pth_defect(source_, std::string("one of its members cannot be read (") + zip_file_strerror(file_.get()) + ")"); }

  std::unique_ptr<zip_file_t, void (*)(zip_file_t*)> file_;
  const std::string& source_;
};

/// The members of an archive and the tensors in them.
class Members {
 public:
  Members(zip_t* archive, std::string source) : archive_(archive), source_(std::move(source)) {
    const zip_int64_t count = zip_get_num_entries(archive_, 0);
    for (zip_int64_t i = 0; i < count && root_.empty(); ++i) {
      const char* text = zip_get_name(archive_, static_cast<zip_uint64_t>(i), ZIP_FL_ENC_RAW);
      const std::string_view name = text == nullptr ? "" : text;
      if (name.ends_with(kPickleName) && name.find('/') == name.size() - kPickleName.size())
        root_ = name.substr(0, name.size() - kPickleName.size() + 1);
    }
    if (root_.empty()) throw pth_defect(source_, "the zip archive has no data.pkl, so it is not from torch.save");
    if (zip_name_locate(archive_, (root_ + "byteorder").c_str(), ZIP_FL_ENC_RAW) >= 0 && text("byteorder", 16) != "little")
      throw pth_defect(source_, "its numbers are big-endian");
  }

  std::string text(const std::string& name, std::uint64_t max_bytes) const {
    const zip_stat_t status = find(name);
    if (status.size > max_bytes) throw pth_defect(source_, name + " has " + std::to_string(status.size) + " bytes");
    std::string bytes(status.size, '\0');
    Member member(archive_, status.index, source_);
    member.read(bytes.data(), bytes.size());
    member.finish();
    return bytes;
  }

  PthStorage storage(const PickledTensor& tensor) const {
    const zip_stat_t status = find("data/" + tensor.storage.key);
    if (status.comp_method != ZIP_CM_STORE || status.encryption_method != ZIP_EM_NONE)
      throw tensor_defect(source_, tensor.name, "its storage is compressed");
    return {status.index, status.size};
  }

 private:
  zip_stat_t find(const std::string& name) const {
    zip_stat_t status;
    zip_stat_init(&status);
    constexpr zip_uint64_t kWanted = ZIP_STAT_INDEX | ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    if (zip_stat(archive_, (root_ + name).c_str(), ZIP_FL_ENC_RAW, &status) != 0 || (status.valid & kWanted) != kWanted)
      throw pth_defect(source_, "the zip archive has no " + quoted_name(name));
    return status;
  }

  zip_t* archive_;
  std::string source_;
  std::string root_;  // "archive/"
};

/// The zip library needs several times the memory of an entry in the archive's directory, so that a file full of entries would take more memory
/// than its size. This function counts the signatures of entries; other bytes hardly ever look like one.
void refuse_many_members(const fs::path& path) {
  constexpr std::string_view kSignature = "PK\1\2";
  std::ifstream file(path, std::ios::binary);
  std::string part(std::size_t{1} << 20, '\0');
  std::size_t members = 0;
  std::size_t kept = 0;  // bytes kept from the previous part, in which a signature may begin
  while (file.read(part.data() + kept, static_cast<std::streamsize>(part.size() - kept)) || file.gcount() > 0) {
    const std::size_t size = kept + static_cast<std::size_t>(file.gcount());
    const std::string_view text(part.data(), size);
    for (std::size_t at = text.find(kSignature); at != std::string_view::npos; at = text.find(kSignature, at + 1)) ++members;
    if (members > kMaxMembers) throw pth_defect(path.string(), "more than " + std::to_string(kMaxMembers) + " members");
    kept = std::min(kSignature.size() - 1, size);
    std::memmove(part.data(), part.data() + size - kept, kept);
  }
}

zip_t* open_archive(const fs::path& path) {
  refuse_many_members(path);
  int code = 0;
  if (zip_t* archive = zip_open(path.c_str(), ZIP_RDONLY, &code)) return archive;
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  const std::string reason = zip_error_strerror(&error);
  zip_error_fini(&error);
  throw pth_defect(path.string(), reason + " (truncated?)");
}

}  // namespace

PthFile::PthFile(const fs::path& path) : TensorFile(path), archive_(open_archive(path), zip_discard) {
  const Members members(archive_.get(), path.string());
  const Pickle pickle(members.text("data.pkl", kMaxPickleBytes), path.string(), torch_globals(), kConvertPth);
  PthLayout layout = lay_out(
      pickled_weights(pickle, path.string()), [&](const PickledTensor& tensor) { return members.storage(tensor); }, fs::file_size(path),
      path.string());
  entries_ = std::move(layout.entries);
  places_ = std::move(layout.places);
}

void PthFile::read(const TensorEntry& entry, void* target) const {
  const PthPlace& place = places_.at(entry.name);
  if (entry.begin == entry.end) return;
  const std::string source = path_.string();
  Member member(archive_.get(), place.storage.place, source);
  member.seek(place.begin);
  read_tensor_bytes(
      place, dtype_size(entry.dtype), [&](char* bytes, std::uint64_t count) { member.read(bytes, count); }, static_cast<char*>(target));
  if (place.is_whole_storage()) member.finish();  // checks the checksum
}

}  // namespace seg
