#include "report/run/run.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"
#include "support/support.hpp"

namespace seg {
namespace {

using test::TemporaryFolder;
using test::write_text;
using ::testing::HasSubstr;

constexpr const char* kStart =
    R"({"event":"start","iteration":0,"time":1.0,"name":"demo","loss":"recall","seed":3,"iterations":100,"dataset":"camvid"})"
    "\n";

void write_report(const std::filesystem::path& folder, const std::string& split) {
  EvaluationReport report;
  report.split = split;
  report.class_names = {"road"};
  report.confusion = {.classes = 1, .counts = {4, 0}};
  report.scores.classes = {{4, 1.0, 1.0, 1.0, 1.0}};
  write_evaluation_report(report, folder / "eval" / split);
}

std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kData);
    return error.what();
  }
  return "no error";
}

TEST(Run, IsDescribedByItsFirstStart) {
  const TemporaryFolder folder;
  write_text(folder / "metrics.jsonl", std::string(kStart) + R"({"event":"start","iteration":50,"name":"again"})"
                                                             "\n{torn");
  const RunDescription run = read_run(folder.path());
  EXPECT_EQ(run.name, "demo");
  EXPECT_EQ(run.loss, "recall");
  EXPECT_EQ(run.seed, 3);
  EXPECT_EQ(run.iterations, 100);
  EXPECT_EQ(run.dataset, "camvid");
}

TEST(Run, PrefersTheTestSplit) {
  const TemporaryFolder folder;
  write_text(folder / "metrics.jsonl", kStart);
  write_report(folder.path(), "val");
  EXPECT_EQ(read_run_result(folder.path()).evaluation.split, "val");
  write_report(folder.path(), "test");
  EXPECT_EQ(read_run_result(folder.path()).evaluation.split, "test");
}

TEST(Run, ErrorsNameWhatIsMissing) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of([&] { read_run(folder.path()); }), HasSubstr("not a run"));
  write_text(folder / "metrics.jsonl", "");
  EXPECT_THAT(error_of([&] { read_run(folder.path()); }), HasSubstr("no start event"));
  write_text(folder / "metrics.jsonl", kStart);
  EXPECT_THAT(error_of([&] { read_run_result(folder.path()); }), HasSubstr("eval/test/report.json"));
}

TEST(Run, SummaryTellsWhereItStands) {
  const TemporaryFolder folder;
  write_text(folder / "metrics.jsonl", std::string(kStart) + R"({"event":"train","iteration":10,"time":1.0,"loss":2.0,"iterations":100})"
                                                             "\n"
                                                             R"({"event":"train","iteration":20,"time":1.0,"loss":null,"iterations":100})"
                                                             "\n");
  write_report(folder.path(), "val");
  const std::string text = run_summary(folder.path());
  EXPECT_THAT(text, HasSubstr("demo: loss recall, seed 3, 100 iterations of camvid\n20/100  loss -"));
  EXPECT_THAT(text, HasSubstr("val split"));
}

}  // namespace
}  // namespace seg
