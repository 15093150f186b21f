// Samples kept in this process.
#pragma once

#include <shared_mutex>
#include <unordered_map>

#include "data/cache/cache.hpp"

namespace seg {

class MemoryCache final : public SampleCache {
 public:
  /// `limit`: bytes of pixels. Samples that come when it is reached are not kept; the log says so once.
  explicit MemoryCache(std::uint64_t limit) : limit_(limit) {}

  std::optional<Sample> find(const CacheKey& key) override;
  void keep(const CacheKey& key, const Sample& sample) override;

 private:
  struct Kept {
    std::string version;
    Sample sample;
  };

  const std::uint64_t limit_;
  std::shared_mutex mutex_;  // guards all below
  std::unordered_map<std::string, Kept> samples_;
  std::uint64_t bytes_ = 0;
  bool full_ = false;
};

}  // namespace seg
