// Keeps decoded samples, so that every epoch but the first reads no image file: data.cache.
//
// What is kept is what FileDataset::get gives: frames at data.size where training resizes them whole, else as they are in the
// files. Results are the same bits with and without a cache. It is filled as samples are asked for; an error is never kept.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/data_options.hpp"
#include "data/file_dataset.hpp"

namespace seg {

/// What a kept sample was made from: digests of 32 hexadecimal digits.
struct CacheKey {
  std::string entry;    // which files, and how they are decoded
  std::string version;  // their sizes and times of change
};

class SampleCache {
 public:
  virtual ~SampleCache() = default;

  /// The sample of `key` without id, or nothing if it is not there or was made from another version. Safe from several
  /// threads. The pixels must not be written, and live as long as the cache.
  virtual std::optional<Sample> find(const CacheKey& key) = 0;
  /// Keeps the pixels while there is room. Never throws for want of memory or disk space.
  virtual void keep(const CacheKey& key, const Sample& sample) = 0;
};

/// A data set of files whose samples come from the cache from the second time on.
class CachedDataset final : public Dataset {
 public:
  /// Several data sets may share a cache.
  CachedDataset(std::shared_ptr<const FileDataset> files, std::shared_ptr<SampleCache> cache);

  std::int64_t size() const override { return files_->size(); }
  /// The pixels must not be written, and live as long as the cache.
  Sample get(std::int64_t index) const override;
  std::string id(std::int64_t index) const override { return files_->id(index); }
  const ClassTable& classes() const override { return files_->classes(); }

 private:
  std::optional<CacheKey> key_of(const FilePair& pair) const;

  std::shared_ptr<const FileDataset> files_;
  std::shared_ptr<SampleCache> cache_;
  std::string decoding_;
};

/// The cache that data.cache names, for `sets` together; null for none. Samples that would make it larger than data.cache_gb are not kept; the log
/// says so once. The disk cache is a file in data.cache_dir or, where that is empty, in `default_folder`; where it cannot be had, a warning says why,
/// and it is null.
std::shared_ptr<SampleCache> open_cache(const DataOptions& options, const std::vector<const FileDataset*>& sets,
                                        const std::filesystem::path& default_folder);

}  // namespace seg
