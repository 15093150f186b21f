#include "report/comparison/comparison.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error.hpp"
#include "report/compared_run.hpp"
#include "support/support.hpp"

namespace seg {
namespace {

using test::read_text;
using test::run_of;
using test::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Spread, ByHand) {
  const Spread three = spread({0.4, 0.5, 0.9});  // deviations -0.2, -0.1, 0.3: squares sum to 0.14
  EXPECT_DOUBLE_EQ(*three.mean, 0.6);
  EXPECT_DOUBLE_EQ(*three.sd, std::sqrt(0.07));
  EXPECT_FALSE(spread({0.4}).sd);
  EXPECT_FALSE(spread({}).mean);
}

TEST(Comparison, GroupsByLossWithCrossEntropyFirst) {
  const Comparison comparison = compare_runs({run_of("recall", 0, 0.6, 0.4), run_of("ce", 0, 0.5, 0.4), run_of("recall", 1, 0.7, 0.5)});
  ASSERT_EQ(comparison.groups.size(), 2u);
  EXPECT_EQ(comparison.groups[0].loss, "ce");
  EXPECT_THAT(comparison.groups[1].seeds, ElementsAre(0, 1));
  EXPECT_DOUBLE_EQ(*comparison.groups[1].mean_accuracy.mean, 0.65);
  EXPECT_DOUBLE_EQ(*comparison.groups[1].mean_accuracy.sd, std::sqrt(0.005));
}

TEST(Comparison, PairsChangesBySeed) {
  // Seed 0: 0.6 / 0.5 = +20 %; seed 1: 0.5 / 0.4 = +25 %; seed 7 has no partner.
  const Comparison comparison = compare_runs({run_of("ce", 0, 0.5, 0.4), run_of("ce", 1, 0.4, 0.4), run_of("recall", 1, 0.5, 0.4),
                                              run_of("recall", 0, 0.6, 0.3), run_of("recall", 7, 0.9, 0.9)});
  const LossGroup& recall = comparison.groups[1];
  EXPECT_NEAR(*recall.accuracy_change.mean, 0.225, 1e-12);
  EXPECT_NEAR(*recall.accuracy_change.sd, 0.05 / std::sqrt(2.0), 1e-12);
  EXPECT_NEAR(*recall.iou_change.mean, -0.125, 1e-12);
  EXPECT_FALSE(comparison.groups[0].accuracy_change.mean);
}

TEST(Comparison, HoldsThemAgainstTheBaselineThatIsAskedFor) {
  const std::vector<RunResult> runs{run_of("ce", 0, 0.5, 0.4), run_of("recall", 0, 0.4, 0.5)};
  const Comparison comparison = compare_runs(runs, {.baselines = {"recall"}});
  EXPECT_EQ(comparison.groups[0].loss, "recall");
  EXPECT_FALSE(comparison.groups[0].accuracy_change.mean);
  EXPECT_NEAR(*comparison.groups[1].accuracy_change.mean, 0.25, 1e-12);
  EXPECT_THAT(comparison_markdown(comparison), HasSubstr("mIoU against recall"));
}

TEST(Comparison, TakesMeansWhereNoSeedIsShared) {
  const Comparison comparison = compare_runs({run_of("ce", 0, 0.5, 0.4), run_of("recall", 1, 0.6, 0.3)});
  EXPECT_NEAR(*comparison.groups[1].accuracy_change.mean, 0.2, 1e-12);
  EXPECT_FALSE(comparison.groups[1].accuracy_change.sd);
}

TEST(Comparison, BearsUndefinedScoresAndNoBaseline) {
  RunResult run = run_of("recall", 0, 0.6, 0.3);
  run.evaluation.scores.mean_iou = std::nullopt;
  const Comparison comparison = compare_runs({run});
  EXPECT_FALSE(comparison.groups[0].mean_iou.mean || comparison.groups[0].accuracy_change.mean);
  EXPECT_THAT(comparison_markdown(comparison), HasSubstr("| recall | 1 | 60.0 | - | 50.0 | 80.0 | - | - |"));
}

ErrorKind error_of(const std::vector<RunResult>& runs) {
  try {
    compare_runs(runs);
  } catch (const Error& error) {
    return error.kind;
  }
  return ErrorKind::kInternal;
}

TEST(Comparison, RefusesWhatCannotBeCompared) {
  const RunResult run = run_of("ce", 0, 0.5, 0.4);
  RunResult split = run, dataset = run, classes = run;
  split.evaluation.split = "val";
  dataset.run.dataset = "cityscapes";
  classes.evaluation.class_names[0] = "other";
  for (const RunResult& other : {split, dataset, classes}) EXPECT_EQ(error_of({run, other}), ErrorKind::kData);
  EXPECT_EQ(error_of({}), ErrorKind::kData);
}

TEST(Comparison, NotesWhatMakesRunsDiffer) {
  RunResult other = run_of("ce", 0, 0.5, 0.4);
  other.run.iterations = 200;
  EXPECT_THAT(compare_runs({run_of("ce", 0, 0.5, 0.4), other}).notes,
              ElementsAre("ce-seed0 was trained for 200 iterations, ce-seed0 for 100", "several runs of ce with seed 0"));
}

TEST(Comparison, NotesRunsThatWereEvaluatedDifferently) {
  RunResult plain = run_of("ce", 0, 0.5, 0.4), flipped = run_of("recall", 0, 0.5, 0.4), unknown = run_of("recall", 1, 0.5, 0.4);
  plain.evaluation.eval = {{"flip", false}, {"size", "labels"}};
  flipped.evaluation.eval = {{"flip", true}, {"size", "labels"}};
  EXPECT_THAT(compare_runs({plain, flipped, unknown}).notes, ElementsAre("recall-seed0 was evaluated differently from ce-seed0: flip true (false)"));
}

/// `right` of ten pixels of the rare class are found in each of two images.
std::vector<ImageCounts> images_with(std::int64_t right) {
  const std::vector<ClassPixels> classes{{10, right, right}, {10, 20 - right, 10}};
  return {{"a", classes}, {"b", classes}};
}

TEST(Comparison, MeasuresDifferencesOnTheSameImagesBySeed) {
  RunResult ce = run_of("ce", 0, 0.5, 0.4), recall = run_of("recall", 0, 0.6, 0.4), other_seed = run_of("recall", 1, 0.6, 0.4);
  ce.images = images_with(4);
  recall.images = other_seed.images = images_with(6);
  const Comparison comparison = compare_runs({ce, recall, other_seed});
  EXPECT_EQ(comparison.groups[0].difference.pairs, 0);
  EXPECT_EQ(comparison.groups[1].difference.pairs, 1);
  EXPECT_NEAR(comparison.groups[1].difference.mean_accuracy->low, 0.1, 1e-12);
  EXPECT_THAT(comparison_markdown(comparison), HasSubstr("| recall | 1 | 2 | 2 | +10.00 (+10.00 to +10.00) |"));
}

TEST(Comparison, SaysHowManyFramesABlockHas) {
  RunResult ce = run_of("ce", 0, 0.5, 0.4), recall = run_of("recall", 0, 0.6, 0.4);
  ce.images = images_with(4);
  recall.images = images_with(6);
  EXPECT_THAT(comparison_markdown(compare_runs({ce, recall})), HasSubstr("over blocks of 10 consecutive frames"));  // CamVid is a video
  EXPECT_THAT(comparison_markdown(compare_runs({ce, recall}, {.block = 3})), HasSubstr("over blocks of 3 consecutive frames"));
  EXPECT_THAT(comparison_markdown(compare_runs({ce, recall}, {.block = 1})), HasSubstr("over single images"));
}

TEST(Comparison, NotesRunsScoredOnOtherImages) {
  RunResult ce = run_of("ce", 0, 0.5, 0.4), recall = run_of("recall", 0, 0.6, 0.4);
  ce.images = images_with(4);
  const Comparison comparison = compare_runs({ce, recall});
  EXPECT_THAT(comparison.notes, ElementsAre("recall-seed0 was not scored on the same images as ce-seed0"));
  EXPECT_EQ(comparison.groups[1].difference.pairs, 0);
}

std::vector<RunResult> two_by_two() {
  return {run_of("ce", 0, 0.5, 0.4), run_of("ce", 1, 0.5, 0.4), run_of("recall", 0, 0.6, 0.3), run_of("recall", 1, 0.6, 0.3)};
}

TEST(ComparisonFiles, MarkdownInPerCent) {
  EXPECT_THAT(comparison_markdown(compare_runs(two_by_two())),
              HasSubstr("| recall | 2 | **60.0 ± 0.0** | 30.0 ± 0.0 | 50.0 ± 0.0 | 80.0 ± 0.0 | +20.0 ± 0.0 | -25.0 ± 0.0 |"));
}

TEST(ComparisonFiles, TheBestOfAColumnIsMarked) {
  const std::string text = comparison_markdown(compare_runs({run_of("ce", 0, 0.5, 0.4), run_of("recall", 0, 0.6, 0.3)}));
  EXPECT_THAT(text, HasSubstr("| ce | 1 | 50.0 | **40.0** | 50.0 | 80.0 |"));
  EXPECT_THAT(text, HasSubstr("| recall | 1 | **60.0** | 30.0 | 50.0 | 80.0 |"));
}

TEST(ComparisonFiles, ClassesGoFromFrequentToRare) {
  const TemporaryFolder folder;
  write_comparison(compare_runs(two_by_two()), folder.path());
  const std::string markdown = read_text(folder / "comparison.md");
  EXPECT_THAT(markdown,
              HasSubstr("## Accuracy by class\n\n| class | share of pixels | ce | recall |\n|---|---:|---:|---:|\n| road | 83.333 | 90.0 ± 0.0"));
  EXPECT_LT(markdown.find("| road |"), markdown.find("| rare |"));
}

TEST(ComparisonFiles, JsonAndCsvHoldFractions) {
  const TemporaryFolder folder;
  write_comparison(compare_runs({run_of("ce", 0, 0.5, 0.4), run_of("recall", 0, 0.75, 0.4)}), folder.path());
  const auto json = nlohmann::json::parse(read_text(folder / "comparison.json"));
  EXPECT_EQ(json["losses"][1]["mean_accuracy"]["mean"], 0.75);
  EXPECT_EQ(json["losses"][1]["mean_accuracy_change"]["mean"], 0.5);
  EXPECT_EQ(json["losses"][0]["classes"][0]["name"], "road");
  EXPECT_EQ(json["runs"].size(), 2u);
  EXPECT_THAT(read_text(folder / "comparison.csv"), HasSubstr("recall,1,0.75,,0.4,,0.5,,0.8,,0.5,,0,,,,,,,,,,,,,,,,\n"));
}

TEST(ComparisonFiles, FalsePositivesNameWhoseTheyAre) {
  const TemporaryFolder folder;
  write_comparison(compare_runs(two_by_two()), folder.path());
  // Two runs a loss: of the 20 pixels predicted as road 2 are rare, of the 4 predicted as rare 2 are road.
  EXPECT_THAT(read_text(folder / "false_positives.csv"), HasSubstr("recall,road,rare,2,0.1\nrecall,rare,road,2,0.5\n"));
  EXPECT_THAT(read_text(folder / "comparison.md"), HasSubstr("| rare | road 50.0 | road 50.0 |"));
  EXPECT_THAT(read_text(folder / "comparison.json"), HasSubstr("\"taken_from\": {"));
}

TEST(Comparison, DrawsTheMeanCurveOfALoss) {
  const auto with_curve = [](std::int64_t seed, std::int64_t right) {
    RunResult run = run_of("ce", seed, 0.5, 0.4);
    run.curve = {"test", "", {0.0, 0.5}, {{{"a", {{10, right, right}, {10, 10, 10}}}}, {{"a", {{10, 8, 8}, {10, 10, 10}}}}}};
    return run;
  };
  const Comparison comparison = compare_runs({with_curve(0, 4), with_curve(1, 6)});
  ASSERT_EQ(comparison.groups[0].curve.size(), 2u);
  EXPECT_DOUBLE_EQ(comparison.groups[0].curve[0].mean_accuracy, (0.7 + 0.8) / 2);
  EXPECT_DOUBLE_EQ(comparison.groups[0].curve[1].mean_iou, 0.9);
  EXPECT_TRUE(compare_runs({with_curve(0, 4), run_of("ce", 1, 0.5, 0.4)}).groups[0].curve.empty());
}

/// Seed 0 of this loss with `right` of ten rare pixels found in each of two images, and a curve on which `curved` are at tau 0 and 9 at tau 0.5.
RunResult with_curve(const std::string& loss, std::int64_t right, std::int64_t curved) {
  RunResult run = run_of(loss, 0, 0.5 + 0.05 * static_cast<double>(right), 0.4);
  run.images = images_with(right);
  run.curve = {"test", "", {0.0, 0.5}, {images_with(curved), images_with(9)}};
  return run;
}

TEST(Comparison, MeasuresHeightsOverTheCurvesOfTwoBaselines) {
  // recall finds 8 of 10; mIoU at right r: (r / 10 + 10 / (20 - r)) / 2. The curve of ce passes (4, 9), that of jaccard (8, 9).
  const Comparison comparison =
      compare_runs({with_curve("recall", 8, 8), with_curve("jaccard", 8, 8), with_curve("ce", 4, 4)}, {.baselines = {"ce", "jaccard"}});
  ASSERT_THAT(comparison.baselines, ElementsAre("ce", "jaccard"));
  EXPECT_EQ(comparison.groups[0].loss, "ce");
  EXPECT_EQ(comparison.groups[1].loss, "jaccard");
  const auto iou = [](double right) { return (right / 10 + 10 / (20 - right)) / 2; };
  const LossGroup& recall = comparison.groups[2];
  ASSERT_TRUE(recall.over_curves[0] && recall.over_curves[1]);
  EXPECT_NEAR(recall.over_curves[0]->value, iou(8) - (iou(4) + 0.8 * (iou(9) - iou(4))), 1e-12);
  EXPECT_NEAR(recall.over_curves[1]->value, 0.0, 1e-12);
  EXPECT_FALSE(comparison.groups[0].over_curves[0] || comparison.groups[1].over_curves[1]);
  ASSERT_TRUE(comparison.groups[0].over_curves[1]);  // below the end of jaccard's curve: against its nearer end
  EXPECT_NEAR(comparison.groups[0].over_curves[1]->value, iou(4) - iou(8), 1e-12);

  const std::string markdown = comparison_markdown(comparison);
  EXPECT_THAT(markdown, HasSubstr("| mIoU over the curve of ce | mIoU over the curve of jaccard |"));
  EXPECT_THAT(markdown, HasSubstr("| ce | - | - | - | - | - | - | -30.42 "));
  const TemporaryFolder folder;
  write_comparison(comparison, folder.path());
  const auto json = nlohmann::json::parse(read_text(folder / "comparison.json"));
  EXPECT_EQ(json["baselines"], nlohmann::json({"ce", "jaccard"}));
  EXPECT_EQ(json["losses"][2]["over_curves"][1]["baseline"], "jaccard");
  EXPECT_NEAR(json["losses"][2]["over_curves"][0]["mean_iou"]["value"].get<double>(), recall.over_curves[0]->value, 1e-12);
  EXPECT_TRUE(json["losses"][0]["over_curves"][0]["mean_iou"].is_null());
  EXPECT_THAT(read_text(folder / "comparison.csv"), HasSubstr(",iou_over_second_curve,iou_over_second_curve_low,iou_over_second_curve_high\n"));
}

TEST(Comparison, AnyBaselineHasHeightsOverItsCurve) {
  const Comparison comparison = compare_runs({with_curve("ce", 4, 4), with_curve("recall", 8, 8)}, {.baselines = {"recall"}});
  EXPECT_THAT(comparison_markdown(comparison), HasSubstr("| mIoU over the curve of recall |"));
  EXPECT_TRUE(comparison.groups[1].over_curves.at(0));
}

Error baseline_error(const std::vector<RunResult>& runs, const std::vector<std::string>& baselines) {
  try {
    compare_runs(runs, {.baselines = baselines});
  } catch (const Error& error) {
    return error;
  }
  return {ErrorKind::kInternal, "no error"};
}

TEST(Comparison, ABaselineMayBeNamedByARun) {
  std::vector<RunResult> runs{with_curve("ce", 4, 4), with_curve("0.25 ce + 0.75 soft_iou", 8, 8)};
  runs[1].run.name = "camvid_jaccard";
  runs[1].run.directory = "runs/jaccard-seed0/";
  for (const char* name : {"camvid_jaccard", "jaccard-seed0", "runs/jaccard-seed0", "runs/jaccard-seed0/", "0.25 ce + 0.75 soft_iou"})
    EXPECT_THAT(compare_runs(runs, {.baselines = {name}}).baselines, ElementsAre("0.25 ce + 0.75 soft_iou"));
  for (RunResult& run : runs) run.run.name = "camvid";
  const Error both = baseline_error(runs, {"camvid"});
  EXPECT_EQ(both.kind, ErrorKind::kConfiguration);
  EXPECT_STREQ(both.what(), "--baseline: 'camvid' matches runs of several losses: '0.25 ce + 0.75 soft_iou', 'ce'");
  EXPECT_EQ(both.hint, "use one of these losses");
}

TEST(Comparison, RefusesBaselinesThatAreNone) {
  const std::vector<RunResult> runs{with_curve("ce", 4, 4), run_of("recall", 0, 0.4, 0.5)};
  const Error unknown = baseline_error(runs, {"recal"});
  EXPECT_EQ(unknown.kind, ErrorKind::kConfiguration);
  EXPECT_STREQ(unknown.what(), "--baseline: no run has the loss, the name or the directory 'recal'");
  EXPECT_EQ(unknown.hint, "the runs have the losses 'ce', 'recall'");
  EXPECT_STREQ(baseline_error(runs, {"ce", "ce-seed0"}).what(), "--baseline: 'ce' and 'ce-seed0' are one loss: 'ce'");
  EXPECT_STREQ(baseline_error(runs, {"ce", "recall", "ce"}).what(), "--baseline is given 3 times");
}

TEST(Comparison, RefusesBaselinesWithoutACurveWhereHeightsAreMeasured) {
  const std::vector<RunResult> plain{run_of("ce", 0, 0.5, 0.4), run_of("recall", 0, 0.4, 0.5)};
  const std::vector<RunResult> curved{with_curve("ce", 4, 4), run_of("recall", 0, 0.4, 0.5)};
  for (const Error& error : {baseline_error(curved, {"recall"}), baseline_error(curved, {"ce", "recall"}), baseline_error(plain, {"recall", "ce"})}) {
    EXPECT_EQ(error.kind, ErrorKind::kData);
    EXPECT_THAT(error.what(), HasSubstr("has no tau curve on test"));
    EXPECT_THAT(error.hint, HasSubstr("best.safetensors --split test --tau-curve makes it"));
  }
  EXPECT_STREQ(baseline_error(plain, {"recall"}).what(), "no error");  // nothing but differences is asked for
}

TEST(Comparison, ShowsScoresByImageWhereThereAreSome) {
  RunResult run = run_of("ce", 0, 0.5, 0.4);
  EXPECT_THAT(comparison_markdown(compare_runs({run})), testing::Not(HasSubstr("mIoU^I")));
  run.evaluation.scores.mean_iou_by_image = 0.31;
  run.evaluation.scores.boundary_iou = 0.22;
  EXPECT_THAT(comparison_markdown(compare_runs({run})), HasSubstr("| ce | 31.0 | - | 22.0 |"));
}

}  // namespace
}  // namespace seg
