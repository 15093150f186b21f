#include "base/app.hpp"

#include <CLI/CLI.hpp>
#include <gmock/gmock.h>

#include <new>

#include "base/error.hpp"

namespace seg {
namespace {

using testing::HasSubstr;

/// Exit code and stderr of a program whose body throws what `body` throws.
std::pair<int, std::string> outcome(const std::function<int()>& body, std::vector<const char*> arguments = {"program"}) {
  CLI::App app("test", "program");
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  const int code = run_app(app, static_cast<int>(arguments.size()), const_cast<char**>(arguments.data()), body);
  testing::internal::GetCapturedStdout();
  return {code, testing::internal::GetCapturedStderr()};
}

TEST(App, EveryKindOfErrorHasItsExitCode) {
  for (const ErrorKind kind :
       {ErrorKind::kInternal, ErrorKind::kConfiguration, ErrorKind::kData, ErrorKind::kNonFinite, ErrorKind::kStorage, ErrorKind::kMemory})
    EXPECT_EQ(outcome([&]() -> int { throw Error(kind, "x"); }).first, static_cast<int>(kind));
}

TEST(App, AnErrorIsOneLineAndAHint) {
  const auto [code, text] = outcome([]() -> int { throw Error(ErrorKind::kData, "first\nsecond", "mend it"); });
  EXPECT_EQ(text, "error: first\nhint: mend it\n");
}

TEST(App, MemoryOfAnyLibraryIsSix) {
  EXPECT_EQ(outcome([]() -> int { throw std::bad_alloc(); }).first, 6);
  EXPECT_EQ(outcome([]() -> int { throw std::runtime_error("DefaultCPUAllocator: can't allocate memory: you tried"); }).first, 6);
}

TEST(App, ForeignExceptionsAreInternal) {
  const auto [code, text] = outcome([]() -> int { throw std::runtime_error("strange\nstack trace"); });
  EXPECT_EQ(code, 1);
  EXPECT_THAT(text, HasSubstr("error: internal: strange\n"));
  EXPECT_THAT(text, Not(HasSubstr("stack trace")));
}

TEST(App, AnUnknownOptionIsAUsageError) {
  const auto [code, text] = outcome([] { return 0; }, {"program", "--colour"});
  EXPECT_EQ(code, 2);
  EXPECT_THAT(text, HasSubstr("--colour"));
}

TEST(App, VersionAndHelpSucceed) {
  EXPECT_EQ(outcome([] { return 9; }, {"program", "--version"}).first, 0);
  EXPECT_EQ(outcome([] { return 9; }, {"program", "--help"}).first, 0);
}

}  // namespace
}  // namespace seg
