#include "data/cache/disk_cache.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>
#include <vector>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/files.hpp"

namespace seg {
namespace {

using Hex = DiskCache::Hex;
using Entry = DiskCache::Entry;

constexpr std::uint64_t kFormat = 1;
constexpr std::uint64_t kAlignment = 64;
constexpr std::uint64_t kGrowth = 16u << 20;  // the file grows in steps of this size
constexpr std::uint64_t kMaxEntries = 1u << 18;
constexpr std::uint64_t kIndexStart = 4096;
constexpr std::uint64_t kPayloadStart = kIndexStart + kMaxEntries * sizeof(Entry);
constexpr std::int32_t kMaxSide = 1 << 20;

constexpr const char* kExtension = ".samples";

// Byte positions of the locks (SharedFile).
constexpr std::uint64_t kCacheInUse = 0;  // shared by all processes that have the file open
constexpr std::uint64_t kAppending = 1;   // held while a place is reserved or an entry is published

struct Header {
  std::array<char, 8> magic = {'s', 'e', 'g', 'c', 'a', 'c', 'h', 'e'};
  std::uint64_t format = kFormat;
  Hex identity = {};
  Hex own_digest = {};  // of all fields above
  std::uint64_t entries = 0;
  std::uint64_t end = kPayloadStart;  // end of the last payload
};

// Both are written as they are in memory, so they must have no padding, whose bytes would be random.
static_assert(sizeof(Header) == 8 + 8 + 2 * sizeof(Hex) + 2 * 8);
static_assert(sizeof(Entry) == 4 * sizeof(Hex) + 8 + 4 * 4 && kPayloadStart % kAlignment == 0);

Hex digest_of(const void* data, std::size_t bytes) {
  Digest digest;
  digest.update(data, bytes);
  Hex hex;
  std::ranges::copy(digest.hex(), hex.begin());
  return hex;
}

Hex to_hex(const std::string& text) {
  Hex hex{};
  std::copy_n(text.begin(), std::min(text.size(), hex.size()), hex.begin());
  return hex;
}

std::string to_text(const Hex& hex) { return {hex.begin(), hex.end()}; }

Hex digest_of(const Header& header) { return digest_of(&header, offsetof(Header, own_digest)); }
Hex digest_of(const Entry& entry) { return digest_of(&entry, offsetof(Entry, own_digest)); }

std::uint64_t rounded_up(std::uint64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

std::uint64_t image_bytes(const Entry& entry) {
  return 3 * static_cast<std::uint64_t>(entry.image_rows) * static_cast<std::uint64_t>(entry.image_cols);
}
std::uint64_t label_bytes(const Entry& entry) { return static_cast<std::uint64_t>(entry.label_rows) * static_cast<std::uint64_t>(entry.label_cols); }
std::uint64_t payload_bytes(const Entry& entry) { return rounded_up(image_bytes(entry)) + rounded_up(label_bytes(entry)); }

bool is_sound(const Entry& entry) {
  const auto is_side = [](std::int32_t side) { return side >= 0 && side <= kMaxSide; };
  return digest_of(entry) == entry.own_digest && entry.offset >= kPayloadStart && entry.offset % kAlignment == 0 && is_side(entry.image_rows) &&
         is_side(entry.image_cols) && is_side(entry.label_rows) && is_side(entry.label_cols);
}

std::string new_file(const std::string& identity) {
  Header header;
  header.identity = to_hex(identity);
  header.own_digest = digest_of(header);
  return {reinterpret_cast<const char*>(&header), sizeof header};
}

/// Nothing if the file has no valid header with this format and identity.
std::optional<Header> read_header(const SharedFile& file, const std::string& identity) {
  Header header;
  const Header good;
  if (!file.read(0, &header, sizeof header)) return std::nullopt;
  if (header.magic != good.magic || header.format != kFormat || header.identity != to_hex(identity)) return std::nullopt;
  if (header.own_digest != digest_of(header) || header.entries > kMaxEntries) return std::nullopt;
  if (header.end < kPayloadStart || header.end % kAlignment != 0 || header.end > std::max(file.size(), kPayloadStart)) return std::nullopt;
  return header;
}

std::vector<std::uint8_t> payload_of(const Entry& entry, const Sample& sample) {
  std::vector<std::uint8_t> payload(payload_bytes(entry));
  sample.image.copyTo(cv::Mat(sample.image.size(), CV_8UC3, payload.data()));
  if (!sample.labels.empty()) sample.labels.copyTo(cv::Mat(sample.labels.size(), CV_8UC1, payload.data() + rounded_up(image_bytes(entry))));
  return payload;
}

void require_written(int error_number) {
  if (error_number != 0) throw Error(ErrorKind::kStorage, std::strerror(error_number));
}

/// Held while a place is reserved or an entry is published.
class Appending {
 public:
  explicit Appending(const SharedFile& file) : file_(file) { file_.lock(kAppending, SharedFile::Lock::kExclusive); }
  ~Appending() { file_.unlock(kAppending); }
  Appending(const Appending&) = delete;
  Appending& operator=(const Appending&) = delete;

 private:
  const SharedFile& file_;
};

struct CacheFile {
  fs::path path;
  std::uint64_t bytes = 0;  // on the disk, without holes
  fs::file_time_type used;
};

std::vector<CacheFile> cache_files(const fs::path& folder) {
  constexpr std::uint64_t kBlock = 512;  // the unit of st_blocks, whatever the file system's own is
  std::vector<CacheFile> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() != kExtension) continue;
    struct stat status {};
    const bool known = ::stat(it->path().c_str(), &status) == 0;
    std::error_code ignored;
    files.push_back({it->path(), known ? static_cast<std::uint64_t>(status.st_blocks) * kBlock : 0, fs::last_write_time(it->path(), ignored)});
  }
  std::ranges::sort(files, {}, &CacheFile::used);
  return files;
}

bool remove_if_unused(const CacheFile& file) {
  try {
    const SharedFile opened(file.path, 1);
    if (!opened.try_lock(kCacheInUse)) return false;
    std::error_code error;
    if (!fs::remove(file.path, error)) return false;
    spdlog::info("data.cache: removed {}, which no run is using, to stay within data.cache_gb", file.path.string());
    return true;
  } catch (const Error&) {
    return false;  // no permission to open it
  }
}

/// Number of bytes by which `own` may grow so that all cache files in its folder together stay within `limit`. If that is less than `wanted`,
/// removes other cache files that no process has open, the least recently used first, until it is enough or none is left.
std::uint64_t room_in_folder(const fs::path& own, std::uint64_t limit, std::uint64_t wanted) {
  const std::vector<CacheFile> files = cache_files(own.parent_path());
  std::uint64_t used = 0;
  for (const CacheFile& file : files) used += file.bytes;
  for (const CacheFile& file : files) {
    if (used + wanted <= limit) break;
    if (file.path != own && remove_if_unused(file)) used -= file.bytes;
  }
  return limit > used ? limit - used : 0;
}

}  // namespace

DiskCache::DiskCache(const fs::path& folder, const std::string& identity, std::uint64_t limit)
    : path_(folder / (identity + kExtension)), identity_(identity), limit_(limit) {
  make_directories(folder);
  open();
}

void DiskCache::open() {
  constexpr int kTries = 10;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    std::error_code ignored;
    if (!fs::exists(path_, ignored)) write_file_atomic(path_, new_file(identity_));
    file_ = std::make_unique<SharedFile>(path_, kPayloadStart + limit_ + kGrowth);
    file_->lock(kCacheInUse, SharedFile::Lock::kShared);
    if (!file_->stands_at(path_)) continue;  // another process removed or replaced it
    const Appending appending(*file_);
    const std::optional<Header> header = read_header(*file_, identity_);
    const bool sound = header && read_new_entries() && std::ranges::all_of(entries_, [&](const auto& known) {
                         return known.second.offset + payload_bytes(known.second) <= header->end;
                       });
    if (sound) {
      require_written(file_->extend_by_hole(kPayloadStart));
      ::utimensat(AT_FDCWD, path_.c_str(), nullptr, 0);  // marks it as the most recently used file
      return;
    }
    spdlog::warn("data.cache: {} is damaged and is created again", path_.string());
    entries_.clear();
    entries_read_ = 0;
    fs::remove(path_, ignored);  // processes that have it open continue with the old file
  }
  throw Error(ErrorKind::kStorage, "cannot open " + path_.string() + ": it is replaced all the time", "choose another folder with data.cache_dir");
}

/// Adds the entries published since the last call; false if the index cannot be read.
bool DiskCache::read_new_entries() {
  std::uint64_t count = 0;
  if (!file_->read(offsetof(Header, entries), &count, sizeof count) || count > kMaxEntries) return false;
  if (count <= entries_read_) return true;
  std::vector<Entry> fresh(count - entries_read_);
  if (!file_->read(kIndexStart + entries_read_ * sizeof(Entry), fresh.data(), fresh.size() * sizeof(Entry))) return false;
  for (const Entry& entry : fresh) {
    if (is_sound(entry)) entries_[to_text(entry.key)] = entry;  // the newest entry is valid
  }
  entries_read_ = count;
  return true;
}

std::optional<DiskCache::Entry> DiskCache::look_up(const CacheKey& key) {
  const std::lock_guard lock(mutex_);
  const auto current = [&]() -> std::optional<Entry> {
    const auto found = entries_.find(key.entry);
    if (found == entries_.end() || found->second.version != to_hex(key.version)) return std::nullopt;
    return found->second;
  };
  if (const auto known = current()) return known;
  read_new_entries();
  std::optional<Entry> found = current();
  if (!found && entries_.erase(key.entry) > 0) {
    ++stale_;
    retire_if_outdated();
  }
  return found;
}

/// The sample of an entry, if its payload can be read and matches its digest.
std::optional<Sample> DiskCache::intact(const Entry& entry) const {
  const std::uint8_t* payload = file_->mapped(entry.offset, payload_bytes(entry));
  if (payload == nullptr || digest_of(payload, payload_bytes(entry)) != entry.payload_digest) return std::nullopt;
  auto* pixels = const_cast<std::uint8_t*>(payload);  // cv::Mat has no const; the mapping itself is read-only
  Sample sample;
  sample.image = cv::Mat(entry.image_rows, entry.image_cols, CV_8UC3, pixels);
  if (label_bytes(entry) > 0) sample.labels = cv::Mat(entry.label_rows, entry.label_cols, CV_8UC1, pixels + rounded_up(image_bytes(entry)));
  return sample;
}

std::optional<Sample> DiskCache::find(const CacheKey& key) {
  // If the first payload is damaged, another process may have appended an intact one.
  for (int attempt = 0; attempt < 2; ++attempt) {
    const std::optional<Entry> entry = look_up(key);
    if (!entry) return std::nullopt;
    if (std::optional<Sample> sample = intact(*entry)) return sample;
    drop(*entry);
  }
  return std::nullopt;
}

void DiskCache::drop(const Entry& damaged) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(to_text(damaged.key));
  if (found == entries_.end() || found->second.offset != damaged.offset) return;
  entries_.erase(found);
  if (!std::exchange(told_damage_, true)) spdlog::warn("data.cache: parts of {} are damaged; those frames are decoded again", path_.string());
}

void DiskCache::keep(const CacheKey& key, const Sample& sample) {
  if (!keeping_) return;
  Entry entry{};
  entry.key = to_hex(key.entry);
  entry.version = to_hex(key.version);
  entry.image_rows = sample.image.rows;
  entry.image_cols = sample.image.cols;
  entry.label_rows = sample.labels.rows;
  entry.label_cols = sample.labels.cols;
  try {
    const std::optional<std::uint64_t> place = take_place(entry);
    if (!place) return;
    const std::vector<std::uint8_t> payload = payload_of(entry, sample);
    entry.offset = *place;
    entry.payload_digest = digest_of(payload.data(), payload.size());
    entry.own_digest = digest_of(entry);
    require_written(file_->write(entry.offset, payload.data(), payload.size()));
    publish(entry);
  } catch (const Error& error) {
    stop_keeping(error.what());
  } catch (const std::bad_alloc&) {
    stop_keeping("out of memory");
  }
}

/// Reserves a place for the payload; nothing if another process has stored that sample, or if there is no room.
std::optional<std::uint64_t> DiskCache::take_place(const Entry& entry) {
  const std::lock_guard lock(mutex_);
  const Appending appending(*file_);
  if (!read_new_entries()) throw Error(ErrorKind::kStorage, "its index cannot be read");
  const auto found = entries_.find(to_text(entry.key));
  if (found != entries_.end() && found->second.version == entry.version) return std::nullopt;
  std::uint64_t end = 0;
  if (!file_->read(offsetof(Header, end), &end, sizeof end)) throw Error(ErrorKind::kStorage, "its header cannot be read");
  const std::uint64_t new_end = end + payload_bytes(entry);
  if (new_end > file_->size() && !grow(new_end - file_->size())) return std::nullopt;
  require_written(file_->write(offsetof(Header, end), &new_end, sizeof new_end));
  return end;
}

/// Returns false if the limit does not allow `bytes` more.
bool DiskCache::grow(std::uint64_t bytes) {
  const std::uint64_t room = room_in_folder(path_, limit_, bytes);
  if (bytes > room) {
    stop_keeping("the cache files in its folder have reached data.cache_gb");
    return false;
  }
  if (file_->allocate(std::clamp(kGrowth, bytes, room)) == 0) return true;
  require_written(file_->allocate(bytes));  // fails if the disk is full
  return true;
}

void DiskCache::publish(const Entry& entry) {
  const std::lock_guard lock(mutex_);
  const Appending appending(*file_);
  if (!read_new_entries()) throw Error(ErrorKind::kStorage, "its index cannot be read");
  if (entries_read_ == kMaxEntries) throw Error(ErrorKind::kStorage, "its index is full");
  require_written(file_->write(kIndexStart + entries_read_ * sizeof(Entry), &entry, sizeof entry));
  const std::uint64_t count = entries_read_ + 1;
  require_written(file_->write(offsetof(Header, entries), &count, sizeof count));
  entries_[to_text(entry.key)] = entry;
  entries_read_ = count;
}

void DiskCache::stop_keeping(const std::string& reason) {
  if (!keeping_.exchange(false)) return;
  spdlog::warn("data.cache: {} stores no more frames; they are decoded every time: {}", path_.string(), reason);
}

/// Removes a file that is full of frames whose source files have changed, so that a new one can be created.
void DiskCache::retire_if_outdated() {
  if (keeping_ || retired_ || stale_ <= entries_.size()) return;
  retired_ = true;
  spdlog::warn("data.cache: most frames in {} are outdated, so the next run creates it again", path_.string());
  std::error_code ignored;
  fs::remove(path_, ignored);
}

}  // namespace seg
