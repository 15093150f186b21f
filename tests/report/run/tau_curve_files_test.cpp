#include "report/run/tau_curve_files.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"
#include "support/support.hpp"

namespace seg {
namespace {

using test::read_text;
using test::TemporaryFolder;
using testing::HasSubstr;

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
  test::write_text(folder / "tau_counts.jsonl", "{\"split\": \"test\", \"checkpoint\": \"\", \"taus\": [0]}\n{\"id\": 3}\n");
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
