// Files: whole reads, writes that are complete or absent, locks, and the files that come with the program.
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

/// Gives `write` a sink; what it is given lands in `path` completely or not at all: temporary file beside it, sync, rename,
/// sync of the directory. Throws kStorage with the path, the bytes wanted and the system's reason.
using ByteSink = std::function<void(const void* data, std::size_t bytes)>;
void write_file_atomic(const fs::path& path, const std::function<void(const ByteSink&)>& write);
void write_file_atomic(const fs::path& path, std::string_view text);

/// Makes the names in a folder last: what was renamed into it is there after a loss of power, where the file system can promise that.
void sync_directory(const fs::path& directory);

/// Removes what interrupted write_file_atomic calls left in `directory`.
void remove_temporary_files(const fs::path& directory);

/// Makes the directory and its parents. Throws kStorage.
void make_directories(const fs::path& directory);

/// An advisory lock on a file, held while the object lives; released by the system if the process dies.
class FileLock {
 public:
  /// Throws kStorage naming the process that holds it.
  explicit FileLock(const fs::path& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int fd_;
};

/// A file that comes with the program ("configs/demo.yaml", "data/camvid.yaml"): in ../share/segtrain of the program's folder, where
/// cmake --install puts it, or else in the source folder the program was built from. Empty if there is none.
fs::path find_shipped(const fs::path& relative);

/// segtrain's folder for what can be made again: in XDG_CACHE_HOME, ~/.cache or, where there is no home, the folder of temporary files.
fs::path user_cache_folder();

/// `name` with characters that cannot stand in a file name replaced by '_'; never empty, never "." or "..".
std::string safe_file_name(std::string_view name);
/// `path` as one that stays below the folder it is put into: every part through safe_file_name, no root.
fs::path safe_relative_path(const fs::path& path);

}  // namespace seg
