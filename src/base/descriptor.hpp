// An open file, by the number that the system knows it by.
#pragma once

#include <unistd.h>

#include <utility>

namespace seg {

/// A file descriptor, closed at the end of its scope; negative where opening failed.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  /// Closes the one that was open.
  void reset(int fd) { const Descriptor closed(std::exchange(fd_, fd)); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace seg
