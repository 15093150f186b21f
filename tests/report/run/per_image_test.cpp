#include "report/run/per_image.hpp"

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

TEST(PerImage, LogHoldsSparseConfusions) {
  const TemporaryFolder folder;
  PerImageLog log;
  log.add("seq/1.png", {.classes = 3, .counts = {3, 1, 0, 0, 0, 2, 0, 2, 0, 0, 0, 0}});
  log.add("seq/2.png", {.classes = 1, .counts = {0, 0}});
  log.write(folder.path());
  EXPECT_EQ(read_text(folder / "per_image.jsonl"),
            "{\"id\":\"seq/1.png\",\"confusion\":[[0,0,3],[0,1,1],[1,1,2],[1,-1,2]]}\n{\"id\":\"seq/2.png\",\"confusion\":[]}\n");
}

TEST(PerImage, CountsAreThoseOfTheConfusion) {
  const TemporaryFolder folder;
  const ConfusionTable table{.classes = 2, .counts = {5, 2, 0, 1, 4, 3}};
  PerImageLog log;
  log.add("a", table);
  log.write(folder.path());
  EXPECT_EQ(read_per_image(folder.path(), 2).at(0).classes, class_pixels(table));
}

TEST(PerImage, IsReadBackSorted) {
  const TemporaryFolder folder;
  EXPECT_TRUE(read_per_image(folder.path(), 2).empty());
  write_text(folder / "per_image.jsonl", R"({"id":"b","confusion":[]})"
                                         "\n"
                                         R"({"id":"a","confusion":[[0,0,5],[0,1,2],[1,-1,3],[1,1,4]]})"
                                         "\n");
  const auto read = read_per_image(folder.path(), 2);
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].id, "a");
  EXPECT_THAT(read[0].classes, ElementsAre(ClassPixels{7, 5, 5}, ClassPixels{7, 6, 4}));
}

TEST(PerImage, RefusesClassesThatAreNotThere) {
  const TemporaryFolder folder;
  write_text(folder / "per_image.jsonl", R"({"id":"a","confusion":[[2,0,5]]})");
  EXPECT_THROW(read_per_image(folder.path(), 2), Error);
}

/// Two images, in the wrong order, at three taus.
TauCurve written_curve() {
  const auto image = [](const std::string& id, std::int64_t right) { return ImageCounts{id, {{10, right, right}, {10, 20 - right, 10}}}; };
  return {
      "test", "best.safetensors", {-0.5, 0.0, 0.5}, {{image("b", 2), image("a", 2)}, {image("b", 4), image("a", 4)}, {image("b", 8), image("a", 6)}}};
}

TEST(TauCurveFiles, AreReadAsTheyWereWritten) {
  const TemporaryFolder folder;
  write_tau_curve(written_curve(), folder.path());
  const TauCurve read = read_tau_curve(folder.path());
  EXPECT_EQ(read.split, "test");
  EXPECT_EQ(read.checkpoint, "best.safetensors");
  EXPECT_EQ(read.taus, written_curve().taus);
  EXPECT_EQ(read.images[2][0].id, "a");
  EXPECT_EQ(read.images[2][0].classes, written_curve().images[2][1].classes);
  EXPECT_THAT(read_text(folder / "tau_curve.csv"), HasSubstr("tau,mean_iou,mean_accuracy"));
}

TEST(TauCurveFiles, AreNoCurveWhereTheyAreMissingAndAnErrorWhereBroken) {
  const TemporaryFolder folder;
  EXPECT_TRUE(read_tau_curve(folder.path()).taus.empty());
  write_text(folder / "tau_counts.jsonl", "{\"split\": \"test\", \"checkpoint\": \"\", \"taus\": [0]}\n{\"id\": 3}\n");
  try {
    read_tau_curve(folder.path());
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kData);
    EXPECT_THAT(error.what(), HasSubstr("tau_counts.jsonl:2"));
  }
}

}  // namespace
}  // namespace seg
