// The programs as they are installed: what --version says, cmake --install, the Debian package, completion in bash.
#include <algorithm>
#include <sstream>

#include "e2e/programs.hpp"

namespace seg::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;

const std::vector<std::string> kPrograms{"segtrain", "segeval", "segpredict", "segexport", "segdata", "segreport", "segbench"};

fs::path build_folder() { return program("segtrain").parent_path().parent_path(); }

class Installation : public Programs {
 protected:
  /// Runs a program of `prefix` elsewhere, so that nothing is found by way of the working directory.
  ProgramResult run_installed(const fs::path& prefix, const std::string& name, std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), (prefix / "bin" / name).string());
    fs::create_directories(folder_ / "elsewhere");
    return Process(arguments, with({"DEMO_ROOT=/data"}, [to = folder_ / "elsewhere"] { fs::current_path(to); })).wait();
  }

  /// What a user does first.
  void expect_usable(const fs::path& prefix) const {
    EXPECT_EQ(run_installed(prefix, "segreport", {"--version"}).exit_code, 0);
    const ProgramResult printed = run_installed(prefix, "segtrain", {"--config", "demo.yaml", "--print-config"});
    EXPECT_EQ(printed.exit_code, 0) << printed.err;
    EXPECT_THAT(printed.out, AllOf(HasSubstr("name: demo"), HasSubstr("root: /data")));
  }

  static void expect_complete(const fs::path& prefix) {
    EXPECT_TRUE(fs::exists(prefix / "share/segtrain/configs/base/synthia.yaml"));
    EXPECT_TRUE(fs::exists(prefix / "share/segtrain/data/camvid.yaml"));
    EXPECT_TRUE(fs::exists(prefix / "share/doc/segtrain/docs/deploy.md"));
    EXPECT_TRUE(fs::exists(prefix / "share/doc/segtrain/changelog.gz"));
    const bool has_manual = fs::exists(build_folder() / "man");  // where there is help2man
    for (const std::string& name : kPrograms) {
      EXPECT_TRUE(fs::exists(prefix / "share/bash-completion/completions" / name)) << name;
      EXPECT_EQ(fs::exists(prefix / "share/man/man1" / (name + ".1.gz")), has_manual) << name;
    }
    for (const auto& entry : fs::recursive_directory_iterator(prefix)) {
      EXPECT_NE(entry.path().extension(), ".a");
      EXPECT_THAT(entry.path().filename().string(), Not(HasSubstr("_tests")));
    }
  }
};

TEST_F(Installation, VersionNamesTheLibrariesAndTheProcessor) {
  for (const std::string& name : kPrograms) {
    const ProgramResult result = run(name, {"--version"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_THAT(result.out, ContainsRegex("^" + name + " [0-9]+\\.[0-9]+\\.[0-9]+\n"));
    if (name == "segreport") continue;  // stands without LibTorch
    EXPECT_THAT(result.out, ContainsRegex("\nLibTorch [0-9.]+, oneDNN [0-9.]+, OpenCV [0-9.]+"));
    EXPECT_THAT(result.out, ContainsRegex("\nprocessor: .+; train.precision auto is (bf16|fp32)\nCUDA: .+\n$"));
  }
}

TEST_F(Installation, HelpFitsATerminal) {
  std::vector<std::vector<std::string>> calls{{"segreport", "compare"}, {"segdata", "generate"}, {"segbench", "train"}};
  for (const std::string& name : kPrograms) calls.push_back({name});
  for (std::vector<std::string> call : calls) {
    call.emplace_back("--help");
    const ProgramResult result = run(call[0], {call.begin() + 1, call.end()});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_THAT(result.out, AllOf(HasSubstr("Usage: "), Not(HasSubstr("--completion")), Not(HasSubstr("9223372036854775807"))));
    std::istringstream lines(result.out);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << call[0] << ": " << line;
  }
}

TEST_F(Installation, InstalledProgramsFindTheirRecipesFromAnywhere) {
  if (run_program({"cmake", "--version"}).exit_code != 0) GTEST_SKIP() << "there is no cmake";
  const fs::path prefix = folder_ / "prefix";
  const ProgramResult installed = run_program({"cmake", "--install", build_folder().string(), "--prefix", prefix.string()});
  ASSERT_EQ(installed.exit_code, 0) << installed.err;
  expect_complete(prefix);
  expect_usable(prefix);
  const ProgramResult checked = run_installed(prefix, "segdata", {"check", "--config", "camvid_ce.yaml", "--set", "data.root=" + data()});
  EXPECT_EQ(checked.exit_code, 0) << checked.out << checked.err;  // the class table was found
}

TEST_F(Installation, TheDebianPackageHoldsAllAndRuns) {
  if (kSanitized) GTEST_SKIP() << "sanitized programs are not packaged";
  for (const char* tool : {"cpack", "dpkg-deb"})
    if (run_program({tool, "--version"}).exit_code != 0) GTEST_SKIP() << "there is no " << tool;
  // Without the dependencies, which take longer to find than all else; scripts/package.sh looks at those.
  const ProgramResult made =
      Process({"cpack", "-G", "DEB", "--config", (build_folder() / "CPackConfig.cmake").string(), "-B", (folder_ / "made").string(), "-D",
               "CPACK_DEBIAN_COMPRESSION_TYPE=none", "-D", "CPACK_DEBIAN_PACKAGE_SHLIBDEPS=OFF"},
              with({}))
          .wait();
  ASSERT_EQ(made.exit_code, 0) << made.out << made.err;
  fs::path package;
  for (const auto& entry : fs::directory_iterator(folder_ / "made"))
    if (entry.path().extension() == ".deb") package = entry.path();
  ASSERT_FALSE(package.empty()) << made.out;
  const std::string fields = run_program({"dpkg-deb", "--field", package.string()}).out;
  EXPECT_THAT(fields,
              AllOf(HasSubstr("Package: segtrain\n"), HasSubstr("Section: science\n"), HasSubstr("Maintainer: "), HasSubstr("Description: ")));
  ASSERT_EQ(run_program({"dpkg-deb", "-x", package.string(), (folder_ / "root").string()}).exit_code, 0);
  expect_complete(folder_ / "root/usr");
  EXPECT_TRUE(fs::exists(folder_ / "root/usr/share/doc/segtrain/copyright"));
  expect_usable(folder_ / "root/usr");
}

class Completion : public Installation {
 protected:
  /// What Tab offers at the end of each line, sorted.
  std::vector<std::vector<std::string>> offered(const std::vector<std::string>& lines) const {
    std::string script = "source '" + (build_folder() / "completion/segtrain").string() + "'\ncd '" + folder_.path().string() + "'\n";
    script += "press_tab() { COMP_LINE=$1 COMP_POINT=${#1} COMPREPLY=(); _seg_complete; echo \"${COMPREPLY[*]}\"; }\n";
    for (const std::string& line : lines) script += "press_tab '" + line + "'\n";
    const ProgramResult result = run_program({"bash", "--norc", "-c", script});
    EXPECT_EQ(result.err, "");
    std::vector<std::vector<std::string>> all;
    std::istringstream replies(result.out);
    for (std::string reply; std::getline(replies, reply);) {
      std::istringstream words(reply);
      all.emplace_back();
      for (std::string word; words >> word;) all.back().push_back(word);
      std::sort(all.back().begin(), all.back().end());
    }
    EXPECT_EQ(all.size(), lines.size());
    all.resize(lines.size());
    return all;
  }
  std::vector<std::string> offered(const std::string& line) const { return offered(std::vector<std::string>{line})[0]; }
};

TEST_F(Completion, OffersVerbsOptionsAndTheirValues) {
  write_text(folder_ / "camera.yaml", "");
  EXPECT_THAT(offered("segtrain --re"), ElementsAre("--resume"));
  EXPECT_THAT(offered("segtrain --resume a"), ElementsAre("auto"));
  EXPECT_THAT(offered("build/bin/segeval --device "), ElementsAre("auto", "cpu", "cuda"));
  EXPECT_THAT(offered("segeval --device=c"), ElementsAre("cpu", "cuda"));
  EXPECT_THAT(offered("segpredict --save-predictions c"), ElementsAre("color"));
  EXPECT_THAT(offered("segdata "), IsSupersetOf({"check", "generate", "preview", "stats", "--help"}));
  EXPECT_THAT(offered("segdata generate --layout city"), ElementsAre("cityscapes"));
  EXPECT_THAT(offered("segdata check --la"), IsEmpty());  // belongs to generate
  EXPECT_THAT(offered("segdata generate --count "), IsEmpty());
  EXPECT_THAT(offered("segreport co"), ElementsAre("compare"));
  EXPECT_THAT(offered("segtrain --config cam"), IsSupersetOf({"camera.yaml", "camvid_ce.yaml", "camvid_recall.yaml", "camvid_weighted.yaml"}));
  EXPECT_THAT(offered("segtrain --completion"), IsEmpty());
}

TEST_F(Completion, OffersKeysPartByPartAndTheirChoices) {
  const auto replies = offered({"segtrain --set tr", "segeval --set train.ba", "segtrain --set loss.type=re",
                                "segtrain --set loss.error_rate.smoothing=", "segdata check --set data.cache=m",
                                "segtrain --set train.deterministic=", "segtrain --set name="});
  EXPECT_THAT(replies[0], ElementsAre("train."));
  EXPECT_THAT(replies[1], ElementsAre("train.batch_size="));
  EXPECT_THAT(replies[2], ElementsAre("recall"));  // readline replaces what follows "="
  EXPECT_THAT(replies[3], ElementsAre("none", "published"));
  EXPECT_THAT(replies[4], ElementsAre("memory"));
  EXPECT_THAT(replies[5], ElementsAre("false", "true"));
  EXPECT_THAT(replies[6], IsEmpty());
  EXPECT_THAT(offered("segtrain --set "), AllOf(Contains("train."), Contains("name="), Contains("loss.")));
}

}  // namespace
}  // namespace seg::test
