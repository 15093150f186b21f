// Samples kept in one file that is mapped into memory, for later runs and for several at once.
//
// Layout: header | index, a hole that entries fill from the front | payloads, appended. A payload is the rows of the image (RGB),
// then from the next multiple of 64 bytes the labels. An entry names the files it was made from, their version, the payload's place and digest, and
// carries a digest of itself.
//
// Order of writing: place taken, payload, entry, number of entries; so a process that dies leaves at most a place unused, and
// what a crash of the machine leaves half written has a wrong digest. Every payload is held against its digest each time it is
// handed out; one that does not fit is decoded and appended again. Nothing is ever overwritten, so a view stays good.
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
  /// Opens or makes folder/IDENTITY.samples; one that is damaged is made anew. `identity`: 32 hexadecimal digits. `limit`: bytes
  /// that all cache files in the folder may take on the disk: beyond it, files that no process has open are removed, the one
  /// longest not used first; then no more samples are kept, and the log says so once. Throws kStorage.
  DiskCache(const std::filesystem::path& folder, const std::string& identity, std::uint64_t limit);

  std::optional<Sample> find(const CacheKey& key) override;
  void keep(const CacheKey& key, const Sample& sample) override;

  const std::filesystem::path& file() const { return path_; }

  using Hex = std::array<char, 32>;
  struct Entry {
    Hex key, version, payload_digest;
    std::uint64_t offset;  // of the payload, in bytes from the start of the file
    std::int32_t image_rows, image_cols, label_rows, label_cols;
    Hex own_digest;  // of all before
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
  std::mutex mutex_;  // guards all below
  std::unordered_map<std::string, Entry> entries_;
  std::uint64_t entries_read_ = 0;
  std::uint64_t stale_ = 0;  // found to be of another version, and forgotten
  bool retired_ = false;
  bool told_damage_ = false;
};

}  // namespace seg
