// Caches decoded samples (data.cache), so that only the first epoch reads image files.
//
// The cache stores the results of FileDataset::get: frames at data.size if training resizes whole frames, else at the size of the files. Results are
// bit-identical with and without a cache. It is filled as samples are requested; errors are never stored.
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

/// Identifies the source of a cached sample: digests of 32 hexadecimal digits.
struct CacheKey {
  std::string entry;    // the files, and how they are decoded
  std::string version;  // their sizes and modification times
};

class SampleCache {
 public:
  virtual ~SampleCache() = default;

  /// The sample of `key` without id; nothing if it is not in the cache or was made from another version. Thread-safe. The pixels must not be
  /// modified, and are valid as long as the cache exists.
  virtual std::optional<Sample> find(const CacheKey& key) = 0;
  /// Stores the pixels if there is room. Never throws because memory or disk space is missing.
  virtual void keep(const CacheKey& key, const Sample& sample) = 0;
};

/// A data set of files, whose samples come from the cache once they have been read.
class CachedDataset final : public Dataset {
 public:
  /// Several data sets may share a cache.
  CachedDataset(std::shared_ptr<const FileDataset> files, std::shared_ptr<SampleCache> cache);

  std::int64_t size() const override { return files_->size(); }
  /// The pixels must not be modified, and are valid as long as the cache exists.
  Sample get(std::int64_t index) const override;
  std::string id(std::int64_t index) const override { return files_->id(index); }
  const ClassTable& classes() const override { return files_->classes(); }

 private:
  std::optional<CacheKey> key_of(const FilePair& pair) const;

  std::shared_ptr<const FileDataset> files_;
  std::shared_ptr<SampleCache> cache_;
  std::string decoding_;
};

/// Opens the cache of the kind data.cache, shared by `sets`; null for none. Samples that would make it larger than data.cache_gb are not stored,
/// which is logged once. The disk cache is a file in data.cache_dir or, if that is empty, in `default_folder`; if it cannot be opened, this logs a
/// warning and returns null.
std::shared_ptr<SampleCache> open_cache(const DataOptions& options, const std::vector<const FileDataset*>& sets,
                                        const std::filesystem::path& default_folder);

}  // namespace seg
