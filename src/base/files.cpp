#include "base/files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "base/descriptor.hpp"

namespace seg {

namespace {

constexpr std::string_view kTemporaryMark = ".partial-";

std::string reason(int error_number) { return std::strerror(error_number); }

Error cannot_write(const fs::path& path, std::uintmax_t bytes, int error_number) {
  return {ErrorKind::kStorage, "cannot write " + path.string() + " (" + std::to_string(bytes) + " bytes so far): " + reason(error_number),
          error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG
              ? "free disk space or raise the limit; the previous file is unchanged"
              : "check the permissions of the folder; the previous file is unchanged"};
}

Error cannot_read(const fs::path& path, ErrorKind kind, const std::string& why, const std::string& hint) {
  return {kind, "cannot read " + path.string() + ": " + why, hint};
}

}  // namespace

void sync_directory(const fs::path& directory) {
  const Descriptor folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() >= 0) ::fsync(folder.get());  // some file systems cannot sync a folder; the rename is done anyway
}

std::string read_file(const fs::path& path, std::uintmax_t max_bytes, ErrorKind kind) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // does not hang on a pipe
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) {
    const int number = errno;
    throw cannot_read(path, kind, reason(number), number == ENOENT ? "check the path" : "check the path and its permissions");
  }
  if (!S_ISREG(status.st_mode))
    throw cannot_read(path, kind, "not a regular file", S_ISDIR(status.st_mode) ? "it is a folder: give a file in it" : "give a regular file");
  const auto size = static_cast<std::uintmax_t>(status.st_size);
  if (size > max_bytes)
    throw Error(kind, path.string() + " is too large: " + std::to_string(size) + " bytes, but the limit is " + std::to_string(max_bytes),
                "is it the right file?");
  std::string content(size, '\0');
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t count = ::read(file.get(), content.data() + done, content.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw cannot_read(path, kind, reason(errno), "check the disk or the network connection to it");
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  content.resize(done);
  return content;
}

void write_file_atomic(const fs::path& path, const std::function<void(const ByteSink&)>& write) {
  const fs::path temporary = path.string() + std::string(kTemporaryMark) + std::to_string(::getpid());
  std::uintmax_t written = 0;
  try {
    const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (file.get() < 0) throw cannot_write(path, 0, errno);
    write([&](const void* data, std::size_t bytes) {
      const char* next = static_cast<const char*>(data);
      while (bytes > 0) {
        const ssize_t count = ::write(file.get(), next, bytes);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw cannot_write(path, written, errno);
        next += count;
        bytes -= static_cast<std::size_t>(count);
        written += static_cast<std::uintmax_t>(count);
      }
    });
    if (::fsync(file.get()) != 0) throw cannot_write(path, written, errno);
    if (::rename(temporary.c_str(), path.c_str()) != 0) throw cannot_write(path, written, errno);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  sync_directory(path.has_parent_path() ? path.parent_path() : fs::path("."));
}

void write_file_atomic(const fs::path& path, std::string_view text) {
  write_file_atomic(path, [&](const ByteSink& sink) { sink(text.data(), text.size()); });
}

void remove_temporary_files(const fs::path& directory) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory, ignored))
    if (entry.path().filename().string().find(kTemporaryMark) != std::string::npos) fs::remove(entry.path(), ignored);
}

void make_directories(const fs::path& directory) {
  if (directory.empty()) return;  // the working directory
  std::error_code error;
  fs::create_directories(directory, error);
  if (error)
    throw Error(ErrorKind::kStorage, "cannot create the folder " + directory.string() + ": " + error.message(),
                "use another folder, or check the permissions of its parent folder");
}

FileLock::FileLock(const fs::path& path) : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
  if (fd_ < 0)
    throw Error(ErrorKind::kStorage, "cannot open the lock file " + path.string() + ": " + reason(errno), "check the permissions of its folder");
  if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) {
    const std::string owner = std::to_string(::getpid()) + "\n";
    if (::ftruncate(fd_, 0) != 0 || ::pwrite(fd_, owner.data(), owner.size(), 0) < 0) return;  // the lock works even without the process id in it
    return;
  }
  std::array<char, 32> owner{};
  const ssize_t count = ::pread(fd_, owner.data(), owner.size() - 1, 0);
  ::close(fd_);
  const std::string name(owner.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  throw Error(ErrorKind::kStorage, path.parent_path().string() + " is in use by process " + name.substr(0, name.find('\n')),
              "wait until it ends, or choose another --run-dir");
}

FileLock::~FileLock() { ::close(fd_); }

fs::path find_shipped(const fs::path& relative) {
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  for (const fs::path& root : {program.parent_path().parent_path() / "share" / "segtrain", fs::path(SEG_SOURCE_DIR)})
    if (fs::exists(root / relative, ignored)) return root / relative;
  return {};
}

fs::path user_cache_folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  const fs::path root = cache != nullptr && *cache != '\0' ? fs::path(cache)
                        : home != nullptr && *home != '\0' ? fs::path(home) / ".cache"
                                                           : fs::temp_directory_path();
  return root / "segtrain";
}

std::string safe_file_name(std::string_view name) {
  std::string safe;
  for (const char c : name) safe += (c == '/' || static_cast<unsigned char>(c) < 0x20) ? '_' : c;
  if (safe.empty() || safe == "." || safe == "..") safe = "_";
  return safe;
}

fs::path safe_relative_path(const fs::path& path) {
  fs::path safe;
  for (const fs::path& part : path.relative_path())
    if (!part.empty() && part != ".") safe /= safe_file_name(part.string());
  return safe.empty() ? fs::path("_") : safe;
}

}  // namespace seg
