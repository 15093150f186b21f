// Files: reading whole files, atomic writes, locks, and the files shipped with the program.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace seg {

namespace fs = std::filesystem;

/// The bytes of a regular file. Throws kind `kind` if it is missing, not a regular file, unreadable or longer than `max_bytes`.
std::string read_file(const fs::path& path, std::uintmax_t max_bytes, ErrorKind kind = ErrorKind::kStorage);

/// Calls `write` with a sink. The bytes given to the sink appear in `path` completely or not at all: temporary file beside it, sync, rename, sync of
/// the directory. Throws kStorage with the path, the number of bytes and the system's reason.
using ByteSink = std::function<void(const void* data, std::size_t bytes)>;
void write_file_atomic(const fs::path& path, const std::function<void(const ByteSink&)>& write);
void write_file_atomic(const fs::path& path, std::string_view text);

/// Syncs a folder, so that files renamed into it survive a power failure, if the file system supports that.
void sync_directory(const fs::path& directory);

/// Removes temporary files that interrupted write_file_atomic calls left in `directory`.
void remove_temporary_files(const fs::path& directory);

/// Creates the directory and its parents. Throws kStorage.
void make_directories(const fs::path& directory);

/// An advisory lock on a file, held as long as the object exists; the system releases it if the process dies.
class FileLock {
 public:
  /// Throws kStorage with the id of the process that holds the lock.
  explicit FileLock(const fs::path& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int fd_;
};

/// Finds a file shipped with the program ("configs/demo.yaml", "data/camvid.yaml"): in ../share/segtrain relative to the program's folder, where
/// cmake --install puts it, or else in the source folder from which the program was built. Empty if there is none.
fs::path find_shipped(const fs::path& relative);

/// segtrain's cache folder: in XDG_CACHE_HOME, ~/.cache or, if there is no home, the folder for temporary files.
fs::path user_cache_folder();

/// `name` with the characters that a file name cannot contain replaced by '_'; never empty, never "." or "..".
std::string safe_file_name(std::string_view name);
/// `path` made safe to append to a folder, so that it stays below it: safe_file_name of every part, no root.
fs::path safe_relative_path(const fs::path& path);

}  // namespace seg
