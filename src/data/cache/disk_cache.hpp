// A cache of samples in one file that is mapped into memory, for later runs and for several runs at the same time.
//
// Layout: header | index, a hole that entries fill from the front | payloads, appended. A payload is the rows of the image (RGB), then from the next
// multiple of 64 bytes the labels. An entry contains its source files, their version, the payload's position and digest, and a digest of itself.
//
// Order of writing: place reserved, payload, entry, number of entries. Therefore a process that dies leaves at most one place unused, and data that a
// crash of the machine leaves half written has a wrong digest. Every payload is checked against its digest each time it is returned; if they do not
// match, the sample is decoded and appended again. Nothing is ever overwritten, so a view stays valid.
#pragma once

#include <array>
#include <atomic>
#include <mutex>
#include <unordered_map>

#include "data/cache/cache.hpp"
#include "data/cache/shared_file.hpp"

namespace seg {

class DiskCache final : public SampleCache {
 public:
  /// Opens or creates folder/IDENTITY.samples; a damaged file is created again. `identity`: 32 hexadecimal digits. `limit`: bytes that all cache
  /// files in the folder may use on the disk. Beyond it, files that no process has open are removed, the least recently used first; after that no
  /// more samples are stored, which is logged once. Throws kStorage.
  DiskCache(const std::filesystem::path& folder, const std::string& identity, std::uint64_t limit);

  std::optional<Sample> find(const CacheKey& key) override;
  void keep(const CacheKey& key, const Sample& sample) override;

  const std::filesystem::path& file() const { return path_; }

  using Hex = std::array<char, 32>;
  struct Entry {
    Hex key, version, payload_digest;
    std::uint64_t offset;  // of the payload, in bytes from the start of the file
    std::int32_t image_rows, image_cols, label_rows, label_cols;
    Hex own_digest;  // of all fields above
  };

 private:
  void open();
  bool read_new_entries();
  std::optional<Entry> look_up(const CacheKey& key);
  std::optional<Sample> intact(const Entry& entry) const;
  void drop(const Entry& damaged);
  std::optional<std::uint64_t> take_place(const Entry& entry);
  bool grow(std::uint64_t bytes);
  void publish(const Entry& entry);
  void stop_keeping(const std::string& reason);
  void retire_if_outdated();

  std::filesystem::path path_;
  std::string identity_;
  std::uint64_t limit_;
  std::unique_ptr<SharedFile> file_;
  std::atomic<bool> keeping_ = true;
  std::mutex mutex_;  // guards all members below
  std::unordered_map<std::string, Entry> entries_;
  std::uint64_t entries_read_ = 0;
  std::uint64_t stale_ = 0;  // entries with an outdated version, which were dropped
  bool retired_ = false;
  bool told_damage_ = false;
};

}  // namespace seg
