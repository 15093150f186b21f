// scripts/gpu_day.sh and its table with programs that only note how they were called; what it packs is tried by scripts/rehearse_gpu_day.sh.
#include <gmock/gmock.h>

#include <filesystem>

#include "support/process.hpp"
#include "support/support.hpp"

namespace seg::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

class GpuDay : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"gpu_day.sh", "bench_gpu.sh", "bench_compare_table.py"}) {
      const fs::path copy = folder_ / (std::string(name) == "gpu_day.sh" ? name : "scripts/" + std::string(name));
      fs::create_directories(copy.parent_path());
      fs::copy_file(repository_file("scripts/" + std::string(name)), copy);
    }
    for (const char* name : {"segtrain", "segbench", "segdata"}) program(name, "true");
    for (const char* name : {"device_tests", "ops_tests", "engine_tests"}) program(name, "echo '[  PASSED  ] 3 tests.'");
    program("python", "case \"$*\" in *bench_compare_table*) exec python3 \"$@\";; esac; echo /torch/lib");
  }

  void program(const std::string& name, const std::string& body) const {
    const fs::path path = folder_ / "bin" / name;
    write_text(path, "#!/bin/sh\n" + body + "\n");
    fs::permissions(path, fs::perms::owner_all);
  }

  ProgramResult day(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"bash", (folder_ / "gpu_day.sh").string(), "--rehearse"});
    const std::string bin = (folder_ / "bin").string();
    return run_program(arguments, {"PYTHON=" + bin + "/python", "PATH=" + bin + ":/usr/local/bin:/usr/bin:/bin"});
  }

  TemporaryFolder folder_;
};

TEST_F(GpuDay, EachPartHasItsLine) {
  const ProgramResult result = day({"--check"});
  EXPECT_EQ(result.exit_code, 0) << result.out;
  for (const char* part : {"libraries", "card", "ops", "device", "counts", "learner", "frames", "demo-launched", "demo-recorded"})
    EXPECT_THAT(result.out, ContainsRegex("\n" + std::string(part) + " +([0-9]+ tests )?passed"));
  EXPECT_TRUE(fs::exists(folder_ / "output/logs/demo-launched.txt"));
}

TEST_F(GpuDay, AFailingPartEndsNoOther) {
  program("ops_tests", "echo 'a bad number'; exit 3");
  const ProgramResult result = day({"--check"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out,
              AllOf(ContainsRegex("\nops +FAILED: exit code 3 after [0-9]+ s: a bad number"), ContainsRegex("\nlearner +3 tests passed")));
}

TEST_F(GpuDay, TestsThatSkipThemselvesHaveShownNothing) {
  program("device_tests", "echo '[  PASSED  ] 2 tests.'; echo '[  SKIPPED ] 1 test.'");
  EXPECT_THAT(day({"--check"}).out, ContainsRegex("\ndevice +FAILED: 2 tests passed, 1 were skipped"));
}

TEST_F(GpuDay, NothingBeginsAfterTheDeadline) {
  program("device_tests", "sleep 60");
  const ProgramResult result = day({"--check", "--seconds", "6"});
  EXPECT_THAT(result.out, AllOf(ContainsRegex("\ndevice +FAILED: not done within"), ContainsRegex("\nlearner +skipped: the time is up")));
}

TEST_F(GpuDay, AMissingLibraryEndsIt) {
  program("ldd", "echo '	libnothing.so.1 => not found'");
  const ProgramResult result = day({"--check"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, AllOf(HasSubstr("FAILED: segtrain: libnothing.so.1 => not found"), Not(HasSubstr("\nops"))));
}

TEST_F(GpuDay, APythonWithoutTorchEndsIt) {
  program("python", "echo \"ModuleNotFoundError: No module named 'torch'\" >&2; exit 1");
  EXPECT_THAT(day({"--measure"}).out, HasSubstr("has no torch: ModuleNotFoundError"));
}

TEST_F(GpuDay, TheTableSaysWhatDidNotRun) {
  program("segbench", "exit 1");
  const ProgramResult result = day({"--measure"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, AllOf(HasSubstr("| training, plain PyTorch | images/s | did not run | did not run | - | >= 4 |"),
                                HasSubstr("- `seg_kernels-off.1: SEG_CUDA_KERNELS=off segbench train ")));
}

TEST_F(GpuDay, ARatioIsOfOneRound) {
  const auto ours = [](int speed) {
    return R"({"facts": {}, "results": {"synthetic": {"images_per_second": {"median": )" + std::to_string(speed) + "}}}}";
  };
  write_text(folder_ / "t/seg_train.1.json", ours(100));
  write_text(folder_ / "t/seg_train.2.json", ours(200));
  write_text(folder_ / "t/plain_train.2.json", R"({"images_per_second": 50, "variant": "plain"})");  // the first round of it failed
  const ProgramResult result =
      run_program({"python3", repository_file("scripts/bench_compare_table.py").string(), "--gpu", (folder_ / "t").string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("| training, plain PyTorch | images/s | 150 (100 .. 200) | 50 | **4** | >= 4 |"));
}

}  // namespace
}  // namespace seg::test
