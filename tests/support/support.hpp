// What tests share: temporary folders, the repository's files, the programs under test. process.hpp runs them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace seg::test {

/// Whether this is a build with sanitizers, whose shadow memory no limit leaves room for and whose runtime must be loaded first.
inline constexpr bool kSanitized = SEG_SANITIZED;

/// Whether tests fail where what they need is missing, instead of being skipped: SEG_REQUIRE_ALL=1, as .ci/run sets it.
bool requires_all();

/// A new empty folder, removed with everything in it when the object dies.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// A file of the repository, such as "tests/golden/ce_ignore.safetensors".
std::filesystem::path repository_file(const std::filesystem::path& relative);
/// A program of the build, such as "segtrain".
std::filesystem::path program(const std::string& name);

void write_text(const std::filesystem::path& path, const std::string& text);
std::string read_text(const std::filesystem::path& path);

struct ProgramResult {
  int exit_code = -1;   // 128 + signal where one ended it
  bool killed = false;  // whether one did
  double peak_mb = 0;   // resident memory
  std::string out;
  std::string err;
};

}  // namespace seg::test
