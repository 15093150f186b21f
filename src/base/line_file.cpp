#include "base/line_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <utility>

namespace seg {

namespace {

constexpr std::size_t kMaxPending = std::size_t{16} << 20;

std::int64_t count_lines(std::string_view text) { return std::count(text.begin(), text.end(), '\n'); }

}  // namespace

LineFile::LineFile(std::filesystem::path path) : path_(std::move(path)) {}

LineFile::~LineFile() {
  write_pending();
  if (fd_ >= 0) close(fd_);
  lost_ += count_lines(pending_);
  // Not to the log, because this may be the log file itself.
  if (lost_ > 0) std::cerr << "warning: " << path_.string() << ": " << lost_ << " lines could not be written\n";
}

void LineFile::append(std::string_view lines) {
  const std::lock_guard lock(mutex_);
  if (pending_.size() + lines.size() > kMaxPending) {
    lost_ += count_lines(lines);
  } else {
    pending_ += lines;
  }
  if (write_pending()) return;
  const int reason = errno;
  if (failures_++ == 0)
    std::cerr << "warning: " << path_.string() << ": " << std::strerror(reason) << "; the run continues and will try to write again\n";
}

bool LineFile::write_pending() {
  if (fd_ < 0) fd_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd_ < 0) return pending_.empty();
  while (!pending_.empty()) {
    const ssize_t written = write(fd_, pending_.data(), pending_.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    pending_.erase(0, static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace seg
