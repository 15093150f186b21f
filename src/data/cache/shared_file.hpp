// A file that several processes read through a mapping and write with system calls, and its locks.
//
// The mapping is read-only and writes use pwrite, so that a full disk is an error code and never a signal, and no pixel returned from the
// mapping can be modified. Both see the same pages. Space is allocated before it is written.
// Locks are Linux's open file description locks, one byte each. They work between processes and between SharedFiles of one process, and end with
// the file descriptor, however the process ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace seg {

class SharedFile {
 public:
  /// Opens an existing file and maps its first `mapped_bytes`, which may be more than its size. Throws kStorage.
  SharedFile(const std::filesystem::path& path, std::uint64_t mapped_bytes);
  ~SharedFile();
  SharedFile(const SharedFile&) = delete;
  SharedFile& operator=(const SharedFile&) = delete;

  std::uint64_t size() const;
  /// Whether `path` is still this file.
  bool stands_at(const std::filesystem::path& path) const;

  /// Returns false if the file is too short.
  bool read(std::uint64_t offset, void* target, std::size_t bytes) const;
  /// Returns 0 or errno.
  [[nodiscard]] int write(std::uint64_t offset, const void* source, std::size_t bytes) const;
  /// Makes the file longer by `bytes`, allocated on the disk. Returns 0 or errno.
  [[nodiscard]] int allocate(std::uint64_t bytes) const;
  /// Makes the file at least `new_size` long, with a hole at its end. Returns 0 or errno.
  [[nodiscard]] int extend_by_hole(std::uint64_t new_size) const;

  /// The mapped bytes at `offset`, prefetched from the disk in one piece; null if they are outside of the file or the mapping.
  const std::uint8_t* mapped(std::uint64_t offset, std::size_t bytes) const;

  enum class Lock { kShared, kExclusive };
  /// Waits for the lock on byte `place`. Throws kStorage if the file system has no locks.
  void lock(std::uint64_t place, Lock kind) const;
  /// Takes the exclusive lock if it is free.
  bool try_lock(std::uint64_t place) const;
  void unlock(std::uint64_t place) const;

 private:
  int set_lock(int command, std::uint64_t place, int type) const;

  std::filesystem::path path_;
  int fd_ = -1;
  std::uint64_t mapped_bytes_;
  std::uint8_t* mapping_ = nullptr;
};

}  // namespace seg
