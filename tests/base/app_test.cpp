#include "base/app.hpp"

#include <gmock/gmock.h>

#include <new>

#include "base/error.hpp"

namespace seg {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct Outcome {
  int code;
  std::string err;
  std::string out;
};

Outcome outcome(const Program& program, std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), program.name.c_str());
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  const int code = run_program(program, static_cast<int>(arguments.size()), const_cast<char**>(arguments.data()));
  return {code, testing::internal::GetCapturedStderr(), testing::internal::GetCapturedStdout()};
}

/// Of a program that does nothing but `body`.
Outcome outcome(const std::function<int()>& body, const std::vector<const char*>& arguments = {}) {
  return outcome(Program{.name = "program", .help = "test", .run = body}, arguments);
}

TEST(App, EveryKindOfErrorHasItsExitCode) {
  for (const ErrorKind kind :
       {ErrorKind::kInternal, ErrorKind::kConfiguration, ErrorKind::kData, ErrorKind::kNonFinite, ErrorKind::kStorage, ErrorKind::kMemory})
    EXPECT_EQ(outcome([&]() -> int { throw Error(kind, "x"); }).code, static_cast<int>(kind));
}

TEST(App, AnErrorIsOneLineAndAHint) {
  const auto [code, text, out] = outcome([]() -> int { throw Error(ErrorKind::kData, "first\nsecond", "mend it"); });
  EXPECT_EQ(text, "error: first\nhint: mend it\n");
}

TEST(App, MemoryOfAnyLibraryIsSix) {
  EXPECT_EQ(outcome([]() -> int { throw std::bad_alloc(); }).code, 6);
  EXPECT_EQ(outcome([]() -> int { throw std::runtime_error("DefaultCPUAllocator: can't allocate memory: you tried"); }).code, 6);
  EXPECT_EQ(outcome([]() -> int { throw std::runtime_error("GET was unable to find an engine to execute this computation"); }).code, 6);
}

TEST(App, ForeignExceptionsAreInternal) {
  const auto [code, text, out] = outcome([]() -> int { throw std::runtime_error("strange\nstack trace"); });
  EXPECT_EQ(code, 1);
  EXPECT_THAT(text, HasSubstr("error: internal: strange\n"));
  EXPECT_THAT(text, Not(HasSubstr("stack trace")));
}

TEST(App, AnUnknownOptionIsAUsageError) {
  const auto [code, text, out] = outcome([] { return 0; }, {"--colour"});
  EXPECT_EQ(code, 2);
  EXPECT_THAT(text, HasSubstr("--colour"));
}

TEST(App, VersionAndHelpSucceed) {
  EXPECT_EQ(outcome([] { return 9; }, {"--version"}).code, 0);
  EXPECT_EQ(outcome([] { return 9; }, {"--help"}).code, 0);
}

TEST(App, OptionsOfEveryKindReachTheirVariables) {
  bool flag = false;
  std::string text = "before";
  std::filesystem::path path;
  std::int64_t count = 0;
  std::uint64_t seed = 0;
  std::vector<std::string> set, words;
  const Program program{
      .name = "program",
      .help = "test",
      .options = {{"--flag", "", &flag},
                  {"--text", "", &text},
                  {"--path", "", &path},
                  {"--count", "", &count},
                  {"--seed", "", &seed},
                  {"--set", "", &set},
                  {"words", "", &words}},
      .run = [] { return 7; },
  };
  const Outcome result = outcome(
      program, {"--flag", "--text", "t", "--path", "a b", "--count", "-3", "--seed", "18446744073709551615", "--set", "a=1", "x", "--set=b=2", "y"});
  EXPECT_EQ(result.code, 7) << result.err;
  EXPECT_TRUE(flag);
  EXPECT_EQ(text, "t");
  EXPECT_EQ(path, "a b");
  EXPECT_EQ(count, -3);
  EXPECT_EQ(seed, 18446744073709551615ULL);
  EXPECT_EQ(set, (std::vector<std::string>{"a=1", "b=2"}));
  EXPECT_EQ(words, (std::vector<std::string>{"x", "y"}));
}

TEST(App, ASizeIsHeightTimesWidth) {
  Size size{1, 2};
  const Program program{.name = "program", .help = "test", .options = {{"--size", "", &size}}, .run = [] { return 0; }};
  EXPECT_EQ(outcome(program, {"--size", "48x64"}).code, 0);
  EXPECT_EQ(size, (Size{48, 64}));
  for (const char* bad : {"48", "48x", "x64", "48x64x3", "48X64", "48 x 64", "0x4", "48x-1", "axb", "12y4"}) {
    const Outcome result = outcome(program, {"--size", bad});
    EXPECT_EQ(result.code, 2) << bad;
    EXPECT_THAT(result.err, HasSubstr("HEIGHTxWIDTH"));
  }
}

TEST(App, HelpShowsDefaultsAndTheFooter) {
  std::string device = "auto";
  std::filesystem::path folder = "preview";
  const Program program{.name = "program",
                        .help = "test",
                        .options = {{"--device", "where", &device}, {"--folder", "whither", &folder}},
                        .run = [] { return 0; },
                        .footer = [] { return std::string("the keys"); }};
  EXPECT_THAT(outcome(program, {"--help"}).out, AllOf(HasSubstr("auto"), HasSubstr("preview"), HasSubstr("whither"), HasSubstr("the keys")));
}

class Verbs : public testing::Test {
 protected:
  Program program(std::function<int()> run) {
    return {.name = "program",
            .help = "test",
            .verbs = {{"one", "", {{.name = "--size", .help = "", .value = &size_, .required = true}}, [] { return 41; }},
                      {"two", "", {}, [] { return 42; }}},
            .run = std::move(run)};
  }
  std::string size_;
};

TEST_F(Verbs, TheNamedOneRuns) {
  EXPECT_EQ(outcome(program({}), {"two"}).code, 42);
  EXPECT_EQ(outcome(program([] { return 40; }), {"one", "--size", "3"}).code, 41);
  EXPECT_EQ(size_, "3");
}

TEST_F(Verbs, OneMustBeNamedUnlessTheProgramRunsWithout) {
  EXPECT_EQ(outcome(program({}), {}).code, 2);
  EXPECT_EQ(outcome(program([] { return 40; }), {}).code, 40);
}

TEST_F(Verbs, AMissingOptionIsAUsageError) {
  const Outcome result = outcome(program({}), {"one"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("--size"), HasSubstr("hint: ")));
}

}  // namespace
}  // namespace seg
