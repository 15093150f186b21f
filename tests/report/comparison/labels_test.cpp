#include "report/comparison/labels.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"
#include "report/compared_run.hpp"

namespace seg {
namespace {

using test::run_of;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

const std::string kSum = "sum {ce: 0.25, soft_iou: 0.75}";

RunResult named(RunResult run, const std::string& name) {
  run.run.name = name;
  return run;
}

TEST(Labels, ALossMadeOfPartsIsCalledByTheNameOfItsRuns) {
  std::vector<RunResult> runs{run_of("ce", 0, 0.5, 0.4), named(run_of(kSum, 0, 0.5, 0.4), "jaccard"), named(run_of(kSum, 1, 0.5, 0.4), "jaccard"),
                              named(run_of(kSum + ", rare_class", 1, 0.5, 0.4), "jaccard")};
  EXPECT_THAT(label_runs(runs, {}), UnorderedElementsAre(Pair("jaccard", kSum), Pair("jaccard, rare_class", kSum + ", rare_class")));
  EXPECT_EQ(runs[0].run.label, "ce");
  EXPECT_EQ(runs[2].run.label, "jaccard");
}

TEST(Labels, RunsOfSeveralNamesKeepTheirLoss) {
  std::vector<RunResult> runs{named(run_of(kSum, 0, 0.5, 0.4), "a"), named(run_of(kSum, 1, 0.5, 0.4), "b")};
  EXPECT_TRUE(label_runs(runs, {}).empty());
  EXPECT_EQ(runs[0].run.label, kSum);
}

TEST(Labels, AreGivenByLossOrRun) {
  std::vector<RunResult> runs{run_of("ce", 0, 0.5, 0.4), named(run_of("recall", 0, 0.5, 0.4), "mine")};
  label_runs(runs, {"ce=cross entropy", "mine=recall loss"});
  EXPECT_EQ(runs[0].run.label, "cross entropy");
  EXPECT_EQ(runs[1].run.label, "recall loss");
  EXPECT_EQ(run_named("--baseline", "recall loss", runs).loss, "recall");
}

TEST(Labels, RefusesOtherFormsUnknownLossesAndOneLabelForTwo) {
  const auto message = [](const std::vector<std::string>& wanted) -> std::string {
    std::vector<RunResult> runs{run_of("ce", 0, 0.5, 0.4), run_of("recall", 0, 0.5, 0.4)};
    try {
      label_runs(runs, wanted);
    } catch (const Error& error) {
      return error.kind == ErrorKind::kConfiguration ? error.what() + std::string(" | ") + error.hint : "another kind";
    }
    return "no error";
  };
  for (const char* wrong : {"ce", "=x", "ce="}) EXPECT_THAT(message({wrong}), HasSubstr("is not LOSS=LABEL"));
  EXPECT_EQ(message({"focal=x"}), "--label: no run has the loss, the name or the directory 'focal' | the runs have the losses 'ce', 'recall'");
  EXPECT_THAT(message({"ce=recall"}), HasSubstr("two losses would be called 'recall'"));
}

}  // namespace
}  // namespace seg
