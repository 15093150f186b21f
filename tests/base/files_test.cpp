#include "base/files.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "support/support.hpp"

namespace seg {
namespace {

using test::TemporaryFolder;
using testing::HasSubstr;

TEST(AtomicWrite, ReplacesTheWholeFile) {
  const TemporaryFolder folder;
  write_file_atomic(folder / "a", "first, longer");
  write_file_atomic(folder / "a", "second");
  EXPECT_EQ(test::read_text(folder / "a"), "second");
}

TEST(AtomicWrite, LeavesTheOldFileWhereWritingFails) {
  const TemporaryFolder folder;
  write_file_atomic(folder / "a", "old");
  EXPECT_THROW(write_file_atomic(folder / "a",
                                 [](const ByteSink& sink) {
                                   sink("new", 3);
                                   throw std::runtime_error("broken");
                                 }),
               std::runtime_error);
  EXPECT_EQ(test::read_text(folder / "a"), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

/// Writes 64 KB under a file-size limit of 4 KB, as a full disk would end it; exits 0 if that is an error of the right kind.
int write_over_the_limit(const fs::path& path) {
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{4096, 4096};
  setrlimit(RLIMIT_FSIZE, &limit);
  try {
    write_file_atomic(path, std::string(65536, 'x'));
    return 1;
  } catch (const Error& error) {
    return error.kind == ErrorKind::kStorage && std::string(error.what()).find("bytes so far") != std::string::npos ? 0 : 2;
  }
}

TEST(AtomicWrite, AFullDiskIsAnErrorAndTheOldFileStays) {
  const TemporaryFolder folder;
  write_file_atomic(folder / "a", "old");
  const pid_t child = fork();
  if (child == 0) _exit(write_over_the_limit(folder / "a"));
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(test::read_text(folder / "a"), "old");
}

TEST(AtomicWrite, LeftoversAreRemoved) {
  const TemporaryFolder folder;
  test::write_text(folder / "a.partial-123", "half");
  test::write_text(folder / "b", "whole");
  remove_temporary_files(folder.path());
  EXPECT_FALSE(fs::exists(folder / "a.partial-123"));
  EXPECT_TRUE(fs::exists(folder / "b"));
}

/// "what | hint" of the error `call` ends with.
std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what() + std::string(" | ") + error.hint;
  }
  return {};
}

TEST(ReadFile, RefusesWhatIsTooLargeOrNoFileWithAHint) {
  const TemporaryFolder folder;
  test::write_text(folder / "a", "12345");
  EXPECT_EQ(read_file(folder / "a", 5), "12345");
  EXPECT_THAT(error_of([&] { read_file(folder / "a", 4); }), HasSubstr("5 bytes, but the limit is 4 | is it"));
  EXPECT_THAT(error_of([&] { read_file(folder.path(), 100); }), HasSubstr("not a regular file | it is a folder"));
  EXPECT_THAT(error_of([&] { read_file(folder / "none", 100); }), HasSubstr("No such file or directory | check the path"));
}

TEST(MakeDirectories, SaysWhatToDoWhereItCannot) {
  const TemporaryFolder folder;
  test::write_text(folder / "file", "");
  EXPECT_THAT(error_of([&] { make_directories(folder / "file" / "below"); }), HasSubstr(" | use another folder"));
}

TEST(FileLock, SaysWhatToDoWhereItCannotBeMade) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of([&] { FileLock(folder / "none" / ".lock"); }), HasSubstr(" | check the permissions"));
}

TEST(FileLock, NamesTheProcessThatHoldsIt) {
  const TemporaryFolder folder;
  const FileLock first(folder / ".lock");
  try {
    const FileLock second(folder / ".lock");
    FAIL() << "two locks on one file";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kStorage);
    EXPECT_THAT(error.what(), HasSubstr("process " + std::to_string(getpid())));
  }
}

TEST(FileLock, IsFreeAfterItsHolder) {
  const TemporaryFolder folder;
  { const FileLock first(folder / ".lock"); }
  EXPECT_NO_THROW(FileLock(folder / ".lock"));
}

TEST(SafeRelativePath, StaysBelowItsFolder) {
  EXPECT_EQ(safe_relative_path("train/a b.png"), std::filesystem::path("train/a b.png"));
  EXPECT_EQ(safe_relative_path("../../etc/passwd"), std::filesystem::path("_/_/etc/passwd"));
  EXPECT_EQ(safe_relative_path("/etc/passwd"), std::filesystem::path("etc/passwd"));
  EXPECT_EQ(safe_relative_path("a/./b/../c"), std::filesystem::path("a/b/_/c"));
  EXPECT_EQ(safe_relative_path(""), std::filesystem::path("_"));
}

TEST(SafeFileName, KeepsNamesInsideTheirFolder) {
  EXPECT_EQ(safe_file_name("a/b"), "a_b");
  EXPECT_EQ(safe_file_name(".."), "_");
  EXPECT_EQ(safe_file_name(""), "_");
  EXPECT_EQ(safe_file_name("übung 1"), "übung 1");
}

}  // namespace
}  // namespace seg
