// Each benchmark on sizes of a few pixels: that it measures everything it says, not how fast it is.
#include "bench/bench.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"
#include "data/dataset_registry.hpp"
#include "support/process.hpp"
#include "support/support.hpp"

namespace seg {
namespace {

using testing::AllOf;
using testing::Each;
using testing::Gt;
using testing::HasSubstr;

// One compute thread: two that wait for each other crawl where other tests use the cores.
const BenchSource kTiny{.config = "",
                        .overrides = {"data.size=[48,48]", "train.batch_size=2", "data.workers=2", "train.threads=1"},
                        .draw = 20,
                        .draw_size = {48, 64},
                        .device = "cpu"};

/// The medians and single values of a section.
std::map<std::string, double> values(const BenchReport& report, const std::string& section) {
  std::map<std::string, double> found;
  const auto json = report.json();
  for (const auto& [name, entry] : json.at("results").at(section).items()) found[name] = entry.contains("median") ? entry["median"] : entry["value"];
  return found;
}

TEST(Bench, TrainMeasuresBothKindsOfSteps) {
  const BenchReport report = bench_train({.source = kTiny, .steps = {.warmup = 1, .runs = 2}, .synthetic_only = false, .largest_product = 64});
  for (const std::string section : {"synthetic", "end_to_end"}) {
    auto parts = values(report, section);
    EXPECT_GT(parts.at("images_per_second"), 0);
    // Clearing gradients and calling are no part, and medians do not add up.
    const double sum = parts.at("input") + parts.at("forward") + parts.at("loss") + parts.at("backward") + parts.at("update");
    EXPECT_NEAR(sum + parts.at("waiting_for_data"), parts.at("step"), 0.3 * parts.at("step"));
  }
  for (const std::string section : {"arithmetic", "traffic"}) EXPECT_THAT(values(report, section), Each(testing::Pair(testing::_, Gt(0))));
  EXPECT_GT(values(report, "end_to_end").at("over_synthetic"), 0);
  EXPECT_GT(values(report, "memory").at("peak_resident"), 1);
}

TEST(Bench, TrainCanLeaveTheLoaderOut) {
  const auto json = bench_train({.source = kTiny, .steps = {.warmup = 0, .runs = 2}, .synthetic_only = true, .largest_product = 64}).json();
  EXPECT_FALSE(json.at("results").contains("end_to_end"));
  EXPECT_EQ(json.at("results").at("synthetic").at("step").at("runs"), 2);
}

TEST(Bench, TrainWritesAProfile) {
  const test::TemporaryFolder folder;
  bench_train({.source = kTiny, .steps = {.warmup = 0, .runs = 2}, .synthetic_only = true, .profile = folder / "profile.txt", .largest_product = 64});
  const std::string text = test::read_text(folder / "profile.txt");
  EXPECT_THAT(text, AllOf(HasSubstr("# device: cpu\n"), HasSubstr("launched steps: "), HasSubstr("convolution")));
  EXPECT_THAT(text, Not(HasSubstr("recorded steps")));  // the CPU records none
}

TEST(Bench, LossComparesKernels) {
  const BenchReport report = bench_loss({.source = kTiny, .runs = {.warmup = 1, .runs = 2}, .shape = {2, 5, 6, 7}, .size = {24, 28}});
  EXPECT_GT(values(report, "ratio").at("speed"), 0);
  for (const std::string loss : {"recall", "iou_gap", "cross_entropy"}) EXPECT_GT(values(report, "inside_a_step").at(loss), 0) << loss;
}

TEST(Bench, DataReadsWithEveryCache) {
  const BenchReport report = bench_data({.source = kTiny, .passes = {.warmup = 1, .runs = 2}, .batches = 3});
  for (const std::string kind : {"none", "memory", "disk"}) EXPECT_GT(values(report, "cache_" + kind).at("images_per_second"), 0);
  EXPECT_GT(values(report, "one_image").at("decode"), 0);
}

TEST(Bench, DataReadsWithTheCachesAskedFor) {
  const BenchReport report = bench_data({.source = kTiny, .passes = {.warmup = 0, .runs = 1}, .batches = 1, .caches = {"none"}});
  EXPECT_GT(values(report, "cache_none").at("images_per_second"), 0);
  EXPECT_THAT(report.text(), Not(HasSubstr("cache_memory")));
  EXPECT_THROW(bench_data({.source = kTiny, .caches = {"none", "disc"}}), Error);
}

TEST(Bench, EvalScoresTheReportedSplit) {
  const BenchReport report = bench_eval({.source = kTiny, .passes = {.warmup = 0, .runs = 2}, .images = 3});
  EXPECT_GT(values(report, "split").at("images_per_second"), 0);
  EXPECT_GT(values(report, "synthetic").at("images_per_second"), 0);
  EXPECT_THAT(report.text(), HasSubstr("test, 3 of 4 images"));
}

TEST(Bench, PredictTimesOneImage) {
  const BenchReport report = bench_predict({.source = kTiny, .images = {.warmup = 1, .runs = 3}});
  const auto milliseconds = values(report, "milliseconds");
  EXPECT_GT(milliseconds.at("p50"), 0);
  EXPECT_LE(milliseconds.at("p50"), milliseconds.at("p95"));
  EXPECT_LE(milliseconds.at("p95"), milliseconds.at("p99"));
  EXPECT_GT(values(report, "arithmetic").at("an_image"), 0);
  EXPECT_GT(report.json().at("facts").at("parameters"), 1'000'000);
  EXPECT_GT(values(report, "memory").at("peak_resident"), 0);
}

TEST(Bench, ConvMeasuresEachKindOfConvolutionOnce) {
  const auto json = bench_conv({.source = kTiny, .runs = {.warmup = 0, .runs = 1}, .largest_product = 64}).json();
  const auto& lines = json.at("results").at("convolutions");
  const auto& images = lines.at("2x3x48x48 to 64, 7x7, stride 2");
  EXPECT_EQ(images.at("times"), 1);
  EXPECT_NEAR(images.at("GFLOP").get<double>(), 2.0 * 2 * 64 * 24 * 24 * 3 * 49 / 1e9, 1e-9);
  EXPECT_TRUE(images.at("dx_ours").is_null());  // nobody asks for the gradient of the images
  const auto& stage = lines.at("2x64x12x12 to 64, 3x3");
  EXPECT_EQ(stage.at("times"), 4);
  for (const char* pass : {"y", "dx", "dw"})
    for (const char* way : {"plain", "last", "ours"}) EXPECT_GT(stage.at(std::string(pass) + "_" + way), 0) << pass << " " << way;
  double ms = 0;
  for (const auto& [name, line] : lines.items()) ms += name == "all" ? 0.0 : line.at("ms").get<double>();
  EXPECT_NEAR(lines.at("all").at("ms").get<double>(), ms, 1e-6 * ms);
  EXPECT_NEAR(json.at("results").at("step").at("convolutions_ours").at("value").get<double>(), ms, 1e-6 * ms);
}

TEST(Bench, DrawnDataGoesAway) {
  std::filesystem::path folder;
  {
    const BenchSetup setup(kTiny);
    folder = setup.folder();
    EXPECT_TRUE(std::filesystem::exists(folder / "data"));
  }
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST(Bench, TheOwnRecipeIsThatOfTheReadme) {
  BenchSource source;
  source.draw = 0;
  const BenchSetup setup(source);
  EXPECT_EQ(setup.config().data.size, (Size{360, 480}));
  EXPECT_EQ(setup.config().train.batch_size, 4);
  EXPECT_EQ(load_classes(setup.config().data).size(), 12u);
}

TEST(Bench, ShapesAreChecked) {
  EXPECT_THAT(parse_shape("6x19x193x193"), testing::ElementsAre(6, 19, 193, 193));
  for (const std::string wrong : {"", "6x19x193", "6x19x193x193x1", "6x19x193x-1", "1x256x2x2", "6,19,1,1"})
    EXPECT_THROW(parse_shape(wrong), Error) << wrong;
}

TEST(Bench, TheProgramTakesNoWrongSize) {
  const test::ProgramResult result = test::run_program({test::program("segbench").string(), "loss", "--size", "769"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("--size 769"), HasSubstr("hint: ")));
}

TEST(Bench, TheProgramWritesJson) {
  const test::TemporaryFolder folder;
  const std::string file = (folder / "data.json").string();
  const test::ProgramResult result =
      test::run_program({test::program("segbench").string(), "data", "--draw", "8", "--draw-size", "48x64", "--set", "data.size=[48,48]", "--set",
                         "train.batch_size=2", "--passes", "1", "--warmup", "0", "--json", file});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("images_per_second"));
  EXPECT_EQ(nlohmann::json::parse(test::read_text(file)).at("benchmark"), "data");
}

}  // namespace
}  // namespace seg
