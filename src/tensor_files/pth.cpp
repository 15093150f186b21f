#include "tensor_files/pth.hpp"

#include <zip.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>
#include <utility>

#include "tensor_files/pickled_weights.hpp"

namespace seg {

namespace {

namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little, "the tensors' bytes are little-endian");

constexpr std::uint64_t kMaxPickleBytes = 16'000'000;
constexpr std::size_t kMaxMembers = 100'000;
constexpr std::string_view kPickleName = "/data.pkl";

/// One member of the archive, read from somewhere to somewhere.
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

  /// Throws unless this is the end, and the checksum that of all that was read.
  void finish() {
    char more = 0;
    if (zip_fread(file_.get(), &more, 1) != 0) throw failed();
  }

 private:
  Error failed() { return pth_defect(source_, std::string("a member of it cannot be read (") + zip_file_strerror(file_.get()) + ")"); }

  std::unique_ptr<zip_file_t, void (*)(zip_file_t*)> file_;
  const std::string& source_;
};

/// Reads elements in the order of the storage, and puts each where the contiguous tensor has it. The member stands at the first.
void gather(Member& member, const PthPlace& place, std::size_t element_bytes, char* target) {
  std::vector<char> window(std::size_t{1} << 16);  // holds whole elements
  std::uint64_t window_begin = 0;
  std::uint64_t window_end = 0;
  std::vector<std::uint64_t> index(place.axes.size(), 0);
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  for (std::size_t axis = index.size(); true; axis = index.size()) {
    while (from * element_bytes >= window_end) {
      const std::uint64_t bytes = std::min<std::uint64_t>(window.size(), place.bytes - window_end);
      member.read(window.data(), bytes);
      window_begin = std::exchange(window_end, window_end + bytes);
    }
    std::memcpy(target + to * element_bytes, window.data() + (from * element_bytes - window_begin), element_bytes);
    for (; axis > 0 && index[axis - 1] + 1 == place.axes[axis - 1].extent; --axis) {
      const std::uint64_t steps = std::exchange(index[axis - 1], 0);
      from -= steps * place.axes[axis - 1].from;
      to -= steps * place.axes[axis - 1].to;
    }
    if (axis == 0) return;
    ++index[axis - 1];
    from += place.axes[axis - 1].from;
    to += place.axes[axis - 1].to;
  }
}

/// The members of an archive and how tensors lie in them.
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
    if (root_.empty()) throw pth_defect(source_, "the zip archive has no data.pkl, so torch.save did not write it");
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

  PthPlace place(const PickledTensor& tensor) const {
    const zip_stat_t status = find("data/" + tensor.storage);
    const std::size_t element_bytes = dtype_size(tensor.dtype);
    const auto elements = static_cast<std::uint64_t>(tensor.storage_elements);
    if (status.comp_method != ZIP_CM_STORE || status.encryption_method != ZIP_EM_NONE) throw bad(tensor, "its storage is compressed");
    if (status.size % element_bytes != 0 || status.size / element_bytes != elements) throw bad(tensor, "its storage has another length than it says");
    PthPlace place;
    place.member = status.index;
    place.axes = axes(tensor);
    const std::uint64_t span = checked_span(tensor, place.axes);
    place.begin = static_cast<std::uint64_t>(tensor.offset) * element_bytes;
    place.bytes = span * element_bytes;
    place.whole = place.begin == 0 && place.bytes == status.size;
    if (std::ranges::all_of(place.axes, [](const PthPlace::Axis& axis) { return axis.from == axis.to; })) place.axes.clear();
    return place;
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

  /// The axes that move in the storage, the largest stride first.
  static std::vector<PthPlace::Axis> axes(const PickledTensor& tensor) {
    std::vector<PthPlace::Axis> axes;
    std::uint64_t step = 1;
    for (std::size_t i = tensor.shape.size(); i-- > 0;) {
      const auto extent = static_cast<std::uint64_t>(tensor.shape[i]);
      if (extent != 1) axes.push_back({extent, static_cast<std::uint64_t>(tensor.strides[i]), step});
      step *= extent;  // may wrap only where checked_span refuses the tensor
    }
    std::ranges::stable_sort(axes, std::greater(), &PthPlace::Axis::from);
    return axes;
  }

  /// Elements of the storage from the tensor's first to its last. Throws where they leave it or overlap.
  std::uint64_t checked_span(const PickledTensor& tensor, const std::vector<PthPlace::Axis>& axes) const {
    if (tensor.offset > tensor.storage_elements) throw bad(tensor, "it begins behind its storage");
    if (std::ranges::any_of(axes, [](const PthPlace::Axis& axis) { return axis.extent == 0; })) return 0;
    const auto available = static_cast<std::uint64_t>(tensor.storage_elements - tensor.offset);
    std::uint64_t span = 1;
    for (auto axis = axes.rbegin(); axis != axes.rend() && span <= available; ++axis) {
      if (axis->from < span) throw bad(tensor, "its elements share memory");
      if (axis->extent - 1 > (available - span) / axis->from) throw bad(tensor, "it leaves its storage");
      span += (axis->extent - 1) * axis->from;
    }
    if (span > available) throw bad(tensor, "it leaves its storage");
    return span;
  }

  Error bad(const PickledTensor& tensor, const std::string& what) const {
    return pth_defect(source_, "tensor " + quoted_name(tensor.name) + ": " + what);
  }

  zip_t* archive_;
  std::string source_;
  std::string root_;  // "archive/"
};

/// The library holds several times what a member takes in the archive's directory, so that a file of nothing else would take more memory
/// than it is long. Each has this signature, and chance hardly makes any.
void refuse_many_members(const fs::path& path) {
  constexpr std::string_view kSignature = "PK\1\2";
  std::ifstream file(path, std::ios::binary);
  std::string part(std::size_t{1} << 20, '\0');
  std::size_t members = 0;
  std::size_t kept = 0;  // bytes of the part before, where a signature may begin
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

PthFormat pth_format(std::string_view first_bytes) {
  constexpr std::size_t kTarMagic = 257;  // where a tar archive names itself
  if (first_bytes.starts_with("PK\3\4")) return PthFormat::kZip;
  const bool pickle = first_bytes.starts_with("\x80\x02");
  const bool tar = first_bytes.size() > kTarMagic && first_bytes.substr(kTarMagic).starts_with("ustar");
  return pickle || tar ? PthFormat::kLegacy : PthFormat::kNone;
}

Error legacy_pth(const fs::path& path) {
  return {ErrorKind::kStorage, path.string() + " is a PyTorch file of the format before 1.6, which is not read here", kConvertPth};
}

PthFile::PthFile(const fs::path& path) : TensorFile(path), archive_(open_archive(path), zip_discard) {
  const Members members(archive_.get(), path.string());
  const Pickle pickle(members.text("data.pkl", kMaxPickleBytes), path.string(), torch_globals(), kConvertPth);
  const std::uint64_t size = fs::file_size(path);
  std::uint64_t read_bytes = 0;
  std::uint64_t position = 0;
  for (PickledTensor& tensor : pickled_weights(pickle, path.string())) {
    PthPlace place = members.place(tensor);
    if (place.bytes > size - read_bytes) throw pth_defect(path.string(), "its tensors take more bytes than it has (do they share memory?)");
    read_bytes += place.bytes;
    const auto bytes = span_of(tensor.shape, dtype_size(tensor.dtype));  // at most place.bytes, since no element is met twice
    if (!bytes) throw pth_defect(path.string(), "tensor " + quoted_name(tensor.name) + " has an impossible shape");
    entries_.push_back({tensor.name, std::move(tensor.dtype), std::move(tensor.shape), position, position + *bytes});
    position += *bytes;
    places_.emplace(std::move(tensor.name), std::move(place));
  }
}

void PthFile::read(const TensorEntry& entry, void* target) const {
  const PthPlace& place = places_.at(entry.name);
  if (entry.begin == entry.end) return;
  const std::string source = path_.string();
  Member member(archive_.get(), place.member, source);
  member.seek(place.begin);
  if (place.axes.empty())
    member.read(static_cast<char*>(target), place.bytes);
  else
    gather(member, place, dtype_size(entry.dtype), static_cast<char*>(target));
  if (place.whole) member.finish();
}

}  // namespace seg
