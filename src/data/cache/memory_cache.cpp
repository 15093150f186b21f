#include "data/cache/memory_cache.hpp"

#include <spdlog/spdlog.h>

#include <mutex>

namespace seg {
namespace {

std::uint64_t bytes_of(const Sample& sample) { return sample.image.total() * sample.image.elemSize() + sample.labels.total(); }

}  // namespace

std::optional<Sample> MemoryCache::find(const CacheKey& key) {
  const std::shared_lock lock(mutex_);
  const auto found = samples_.find(key.entry);
  if (found == samples_.end() || found->second.version != key.version) return std::nullopt;
  return found->second.sample;
}

void MemoryCache::keep(const CacheKey& key, const Sample& sample) {
  const std::unique_lock lock(mutex_);
  const auto found = samples_.find(key.entry);
  if (found != samples_.end()) {
    if (found->second.version == key.version) return;  // another thread was faster
    bytes_ -= bytes_of(found->second.sample);          // its file has changed
    samples_.erase(found);
  }
  if (bytes_ + bytes_of(sample) > limit_) {
    if (!full_) spdlog::warn("data.cache: memory is full with {} frames; others are decoded each time: raise data.cache_gb", samples_.size());
    full_ = true;
    return;
  }
  bytes_ += bytes_of(sample);
  samples_.emplace(key.entry, Kept{key.version, {sample.image, sample.labels, {}}});
}

}  // namespace seg
