#include "data/cache/shared_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.hpp"

namespace seg {
namespace {

Error refused(const std::filesystem::path& path, const std::string& what, int error_number) {
  return {ErrorKind::kStorage, "cannot " + what + " " + path.string() + ": " + std::strerror(error_number),
          "choose another folder with data.cache_dir"};
}

}  // namespace

SharedFile::SharedFile(const std::filesystem::path& path, std::uint64_t mapped_bytes)
    : path_(path), fd_(::open(path.c_str(), O_RDWR | O_CLOEXEC)), mapped_bytes_(mapped_bytes) {
  if (fd_ < 0) throw refused(path, "open", errno);
  void* mapping = ::mmap(nullptr, mapped_bytes, PROT_READ, MAP_SHARED, fd_, 0);
  if (mapping == MAP_FAILED) {
    const int error_number = errno;
    ::close(fd_);
    throw refused(path, "map", error_number);
  }
  mapping_ = static_cast<std::uint8_t*>(mapping);
}

SharedFile::~SharedFile() {
  ::munmap(mapping_, mapped_bytes_);
  ::close(fd_);
}

std::uint64_t SharedFile::size() const {
  struct stat status {};
  return ::fstat(fd_, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

bool SharedFile::stands_at(const std::filesystem::path& path) const {
  struct stat own {
  }, there{};
  return ::fstat(fd_, &own) == 0 && ::stat(path.c_str(), &there) == 0 && own.st_dev == there.st_dev && own.st_ino == there.st_ino;
}

bool SharedFile::read(std::uint64_t offset, void* target, std::size_t bytes) const {
  auto* next = static_cast<std::uint8_t*>(target);
  while (bytes > 0) {
    const ssize_t count = ::pread(fd_, next, bytes, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    next += count;
    offset += static_cast<std::uint64_t>(count);
    bytes -= static_cast<std::size_t>(count);
  }
  return true;
}

int SharedFile::write(std::uint64_t offset, const void* source, std::size_t bytes) const {
  const auto* next = static_cast<const std::uint8_t*>(source);
  while (bytes > 0) {
    const ssize_t count = ::pwrite(fd_, next, bytes, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    next += count;
    offset += static_cast<std::uint64_t>(count);
    bytes -= static_cast<std::size_t>(count);
  }
  return 0;
}

int SharedFile::allocate(std::uint64_t bytes) const { return ::posix_fallocate(fd_, static_cast<off_t>(size()), static_cast<off_t>(bytes)); }

int SharedFile::extend_by_hole(std::uint64_t new_size) const {
  if (size() >= new_size) return 0;
  return ::ftruncate(fd_, static_cast<off_t>(new_size)) == 0 ? 0 : errno;
}

const std::uint8_t* SharedFile::mapped(std::uint64_t offset, std::size_t bytes) const {
  const std::uint64_t end = offset + bytes;
  if (end < offset || end > mapped_bytes_ || end > size()) return nullptr;
  static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const std::uint64_t first = offset / page * page;
  ::madvise(mapping_ + first, end - first, MADV_WILLNEED);
  return mapping_ + offset;
}

int SharedFile::set_lock(int command, std::uint64_t place, int type) const {
  struct flock request {};
  request.l_type = static_cast<short>(type);
  request.l_whence = SEEK_SET;
  request.l_start = static_cast<off_t>(place);
  request.l_len = 1;
  int result = 0;
  do {
    result = ::fcntl(fd_, command, &request);
  } while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : errno;
}

void SharedFile::lock(std::uint64_t place, Lock kind) const {
  const int error = set_lock(F_OFD_SETLKW, place, kind == Lock::kShared ? F_RDLCK : F_WRLCK);
  if (error != 0) throw refused(path_, "lock", error);
}

bool SharedFile::try_lock(std::uint64_t place) const { return set_lock(F_OFD_SETLK, place, F_WRLCK) == 0; }

void SharedFile::unlock(std::uint64_t place) const { set_lock(F_OFD_SETLK, place, F_UNLCK); }

}  // namespace seg
