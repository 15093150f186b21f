#include "data/cache/cache.hpp"

#include <opencv2/core/utility.hpp>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <mutex>
#include <set>
#include <shared_mutex>
#include <unordered_map>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "data/cache/disk_cache.hpp"

namespace seg {
namespace {

constexpr std::uint64_t kDecoding = 1;  // increased when a new version of this code decodes the same files to other pixels
constexpr double kBytesPerGb = 1e9;

template <class Number>
void add(Digest& digest, Number number) {
  digest.update(&number, sizeof number);
}

/// Returns false if there is no such file.
bool add_version(Digest& digest, const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return false;
  add(digest, std::int64_t{status.st_size});
  add(digest, std::int64_t{status.st_mtim.tv_sec});
  add(digest, std::int64_t{status.st_mtim.tv_nsec});
  return true;
}

/// Digest of everything that determines how the files of `set` become pixels: 32 hexadecimal digits.
std::string decoding_digest(const FileDataset& set) {
  Digest digest;
  add(digest, kDecoding);
  digest.update(cv::getVersionString());  // OpenCV resizes
  for (const Size& size : {set.frame().image, set.frame().labels}) {
    add(digest, size.height);
    add(digest, size.width);
  }
  add(digest, set.classes().size());
  digest.update(digest_of(set.encoding()));
  return digest.hex();
}

/// Identity of the cache file: the location of the data and all ways in which it is decoded.
std::string identity_of(const DataOptions& options, const std::vector<const FileDataset*>& sets) {
  std::set<std::string> decodings;
  for (const FileDataset* set : sets) decodings.insert(decoding_digest(*set));
  Digest digest;
  digest.update(fs::absolute(options.root).lexically_normal().native());
  for (const std::string& decoding : decodings) digest.update(decoding);
  return digest.hex();
}

std::uint64_t bytes_of(const Sample& sample) { return sample.image.total() * sample.image.elemSize() + sample.labels.total(); }

/// A cache in the memory of this process.
class MemoryCache final : public SampleCache {
 public:
  /// `limit`: bytes of pixels.
  explicit MemoryCache(std::uint64_t limit) : limit_(limit) {}

  std::optional<Sample> find(const CacheKey& key) override {
    const std::shared_lock lock(mutex_);
    const auto found = samples_.find(key.entry);
    if (found == samples_.end() || found->second.version != key.version) return std::nullopt;
    return found->second.sample;
  }

  void keep(const CacheKey& key, const Sample& sample) override {
    const std::unique_lock lock(mutex_);
    const auto found = samples_.find(key.entry);
    if (found != samples_.end()) {
      if (found->second.version == key.version) return;  // another thread has already stored it
      bytes_ -= bytes_of(found->second.sample);          // its file has changed
      samples_.erase(found);
    }
    if (bytes_ + bytes_of(sample) > limit_) {
      if (!full_) spdlog::warn("data.cache: memory is full with {} frames; others are decoded every time: raise data.cache_gb", samples_.size());
      full_ = true;
      return;
    }
    bytes_ += bytes_of(sample);
    samples_.emplace(key.entry, Kept{key.version, {sample.image, sample.labels, {}}});
  }

 private:
  struct Kept {
    std::string version;
    Sample sample;
  };

  const std::uint64_t limit_;
  std::shared_mutex mutex_;  // guards all members below
  std::unordered_map<std::string, Kept> samples_;
  std::uint64_t bytes_ = 0;
  bool full_ = false;
};

}  // namespace

CachedDataset::CachedDataset(std::shared_ptr<const FileDataset> files, std::shared_ptr<SampleCache> cache)
    : files_(std::move(files)), cache_(std::move(cache)), decoding_(decoding_digest(*files_)) {}

std::optional<CacheKey> CachedDataset::key_of(const FilePair& pair) const {
  Digest version;
  if (!add_version(version, pair.image) || !add_version(version, pair.labels)) return std::nullopt;
  Digest entry;
  entry.update(decoding_);
  for (const fs::path* file : {&pair.image, &pair.labels}) {
    const std::string path = fs::absolute(*file).native();
    add(entry, path.size());
    entry.update(path);
  }
  return CacheKey{entry.hex(), version.hex()};
}

Sample CachedDataset::get(std::int64_t index) const {
  // The version is read before the files: if they change in between, the entry is stale, but not wrong.
  const std::optional<CacheKey> key = cache_ ? key_of(files_->pair(index)) : std::nullopt;
  if (!key) return files_->get(index);  // throws for a missing file
  if (std::optional<Sample> kept = cache_->find(*key)) {
    kept->id = files_->id(index);
    return std::move(*kept);
  }
  Sample sample = files_->get(index);
  cache_->keep(*key, sample);
  return sample;
}

std::shared_ptr<SampleCache> open_cache(const DataOptions& options, const std::vector<const FileDataset*>& sets, const fs::path& default_folder) {
  if (options.cache == CacheKind::kNone) return nullptr;
  const auto limit = static_cast<std::uint64_t>(options.cache_gb * kBytesPerGb);
  if (options.cache == CacheKind::kMemory) return std::make_shared<MemoryCache>(limit);
  const fs::path folder = options.cache_dir.empty() ? default_folder : fs::path(options.cache_dir);
  try {
    auto cache = std::make_shared<DiskCache>(folder, identity_of(options, sets), limit);
    spdlog::info("data.cache: disk: decoded frames are stored in {}", cache->file().string());
    return cache;
  } catch (const Error& error) {
    if (error.kind != ErrorKind::kStorage) throw;
    spdlog::warn("data.cache: the disk cache is not used, so every epoch decodes all files: {}", error.what());
    return nullptr;
  }
}

}  // namespace seg
