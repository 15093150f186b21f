// A file that processes read through a mapping and write by system calls, and its locks.
//
// The mapping is read-only and writes are pwrite, so that a full disk is an error code and never a signal, and no pixel handed out
// of it can be written. Both see the same pages. Space is allocated before it is written.
// Locks are Linux's open file description locks: on one byte each, between processes and between SharedFiles of one process, and gone with
// the file descriptor, however the process ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace seg {

class SharedFile {
 public:
  /// Opens an existing file and maps its first `mapped_bytes`, which may be more than it has. Throws kStorage.
  SharedFile(const std::filesystem::path& path, std::uint64_t mapped_bytes);
  ~SharedFile();
  SharedFile(const SharedFile&) = delete;
  SharedFile& operator=(const SharedFile&) = delete;

  std::uint64_t size() const;
  /// Whether `path` is still this file.
  bool stands_at(const std::filesystem::path& path) const;

  /// False if the file ends before.
  bool read(std::uint64_t offset, void* target, std::size_t bytes) const;
  /// 0 or errno.
  [[nodiscard]] int write(std::uint64_t offset, const void* source, std::size_t bytes) const;
  /// Makes the file longer by bytes that have their place on the disk. 0 or errno.
  [[nodiscard]] int allocate(std::uint64_t bytes) const;
  /// Makes the file at least that long, with a hole at its end. 0 or errno.
  [[nodiscard]] int extend_by_hole(std::uint64_t new_size) const;

  /// The mapped bytes at `offset`, asked for from the disk in one piece; null if they are not within file and mapping.
  const std::uint8_t* mapped(std::uint64_t offset, std::size_t bytes) const;

  enum class Lock { kShared, kExclusive };
  /// Waits for the lock on byte `place`. Throws kStorage where the file system has no locks.
  void lock(std::uint64_t place, Lock kind) const;
  /// The exclusive one, if it is free.
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
