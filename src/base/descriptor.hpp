// Owns a file descriptor.
#pragma once

#include <unistd.h>

#include <utility>

namespace seg {

/// A file descriptor that is closed at the end of its scope; negative if opening failed.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  /// Closes the current descriptor and takes `fd`.
  void reset(int fd) { const Descriptor closed(std::exchange(fd_, fd)); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace seg
