// A text file that lines are appended to, for logs and metrics: it never ends a run because it cannot be written.
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
  /// What cannot be written is kept (up to 16 MB of it), told once on stderr and tried again with every later line and at the end;
  /// at the end the lines that were lost are counted on stderr. Nothing here throws.
  explicit LineFile(std::filesystem::path path);
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  /// Whole lines, each with its end. Safe from several threads.
  void append(std::string_view lines);
  /// Appends that could not be written at once, so far.
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

/// A stream into a LineFile: what is written goes there with each flush.
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
