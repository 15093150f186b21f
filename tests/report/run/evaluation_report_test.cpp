#include "report/run/evaluation_report.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"
#include "support/support.hpp"

namespace seg {
namespace {

using test::read_text;
using test::TemporaryFolder;
using test::write_text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Class "b, c" has a missed pixel; "gone" is neither there nor predicted.
EvaluationReport small_report() {
  EvaluationReport report;
  report.split = "val";
  report.images = 2;
  report.checkpoint = "best.safetensors";
  report.class_names = {"a", "b, \"c\"", "gone"};
  report.confusion = {.classes = 3, .counts = {3, 1, 0, 0, 0, 2, 0, 2, 0, 0, 0, 0}};
  report.scores.pixels = 8;
  report.scores.overall_accuracy = 0.625;
  report.scores.mean_iou = 0.5;
  report.scores.classes = {{4, 0.75, 1.0, 0.75, 0.875}, {4, 0.5, 0.5, 0.4, 0.625}, {0, {}, {}, {}, {}}};
  report.eval = {{"flip", true}};
  report.notes["mark"] = 1;
  return report;
}

TEST(EvaluationReport, KeysComeInTheDocumentedOrder) {
  std::vector<std::string> keys;
  const nlohmann::ordered_json json = to_json(small_report());
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  EXPECT_THAT(keys, ElementsAre("split", "images", "pixels", "overall_accuracy", "mean_accuracy", "mean_iou", "mean_precision", "mean_f1",
                                "frequency_weighted_iou", "mean_iou_by_image", "mean_iou_by_class", "boundary_iou", "classes", "confusion",
                                "checkpoint", "missed", "left_out", "eval", "mark"));
}

TEST(EvaluationReport, UndefinedIsNullAndListed) {
  const auto json = to_json(small_report());
  EXPECT_TRUE(json["mean_accuracy"].is_null());
  EXPECT_EQ(json["classes"][2].dump(), R"({"id":2,"name":"gone","pixels":0,"accuracy":null,"precision":null,"iou":null,"f1":null})");
  EXPECT_EQ(json["left_out"].dump(), R"({"mean_accuracy":["gone"],"mean_iou":["gone"]})");
}

TEST(EvaluationReport, ConfusionIsSquareWithMissedPixelsBeside) {
  const auto json = to_json(small_report());
  EXPECT_EQ(json["confusion"].dump(), "[[3,1,0],[0,2,0],[0,0,0]]");
  EXPECT_EQ(json["missed"].dump(), "[0,2,0]");
}

TEST(EvaluationReport, ReadsBackWhatItWrote) {
  const TemporaryFolder folder;
  write_evaluation_report(small_report(), folder / "eval" / std::filesystem::path("val"));
  const EvaluationReport read = read_evaluation_report(folder / "eval/val/report.json");
  EXPECT_EQ(to_json(read).dump(), to_json(small_report()).dump());
  EXPECT_EQ(read.confusion, small_report().confusion);
}

TEST(EvaluationReport, TablesQuoteNames) {
  const TemporaryFolder folder;
  write_evaluation_report(small_report(), folder.path());
  EXPECT_EQ(read_text(folder / "per_class.csv"),
            "id,name,pixels,accuracy,precision,iou,f1\n0,a,4,0.75,1,0.75,0.875\n1,\"b, \"\"c\"\"\",4,0.5,0.5,0.4,0.625\n2,gone,0,,,,\n");
  EXPECT_EQ(read_text(folder / "confusion.csv"), "truth,a,\"b, \"\"c\"\"\",gone,(none)\na,3,1,0,0\n\"b, \"\"c\"\"\",0,2,0,2\ngone,0,0,0,0\n");
}

TEST(EvaluationReport, TextNamesMeansAndWhatIsLeftOut) {
  const std::string text = evaluation_text(small_report());
  EXPECT_THAT(text, HasSubstr("mean"));
  EXPECT_THAT(text, HasSubstr("val split, 2 images; overall accuracy 62.5"));
  EXPECT_THAT(text, HasSubstr("not in the mean accuracy: gone"));
}

std::string read_error(const std::string& text) {
  const TemporaryFolder folder;
  write_text(folder / "report.json", text);
  try {
    read_evaluation_report(folder / "report.json");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kData);
    return error.what();
  }
  return {};
}

TEST(EvaluationReport, RefusesWhatIsNoReport) {
  EXPECT_THAT(read_error("{"), HasSubstr("not the report of an evaluation"));
  EXPECT_THAT(read_error("{}"), HasSubstr("split"));
  auto json = to_json(small_report());
  json["confusion"].erase(2);
  EXPECT_THAT(read_error(json.dump()), HasSubstr("differ in number"));
  EXPECT_THROW(read_evaluation_report("/nowhere/report.json"), Error);
}

}  // namespace
}  // namespace seg
