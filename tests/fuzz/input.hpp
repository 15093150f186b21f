// What the fuzz targets share: input as a file, and the one exception that bad input may end in.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/error.hpp"

namespace seg::fuzz {

/// The input as a file in memory, for readers that take a path.
class InputFile {
 public:
  InputFile(const std::uint8_t* data, std::size_t size) : fd_(memfd_create("fuzz", MFD_CLOEXEC)) {
    if (fd_ < 0 || write(fd_, data, size) != static_cast<ssize_t>(size)) std::abort();
  }
  ~InputFile() { close(fd_); }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

/// Runs `read`; an error of another kind than `expected`, of more than one line, or any other exception is a finding.
template <class Read>
void expect_error_at_most(ErrorKind expected, const Read& read) {
  try {
    read();
  } catch (const Error& error) {
    if (error.kind != expected || std::string(error.what()).find('\n') != std::string::npos) std::abort();
  }
}

}  // namespace seg::fuzz
