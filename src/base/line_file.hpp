// A text file to which lines are appended, for logs and metrics. A failed write never ends a run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>

namespace seg {

class LineFile {
 public:
  /// Lines that cannot be written are kept (up to 16 MB), reported once on stderr, and tried again with every later line and at the end. The number
  /// of lost lines is printed to stderr at the end. No function of this class throws.
  explicit LineFile(std::filesystem::path path);
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  /// Appends whole lines, each with its newline. Thread-safe.
  void append(std::string_view lines);
  /// Number of appends so far that could not be written at once.
  std::int64_t failures() const { return failures_; }

 private:
  bool write_pending();

  std::filesystem::path path_;
  std::mutex mutex_;
  int fd_ = -1;
  std::string pending_;
  std::int64_t failures_ = 0;
  std::int64_t lost_ = 0;  // lines dropped because too much was pending
};

/// A stream that writes to a LineFile at each flush.
class LineStream : public std::ostream {
 public:
  explicit LineStream(LineFile& file) : std::ostream(nullptr), buffer_(file) { rdbuf(&buffer_); }

 private:
  class Buffer : public std::stringbuf {
   public:
    explicit Buffer(LineFile& file) : std::stringbuf(std::ios::out), file_(file) {}

   private:
    int sync() override {
      file_.append(view());
      str({});
      return 0;
    }
    LineFile& file_;
  };

  Buffer buffer_;
};

}  // namespace seg
