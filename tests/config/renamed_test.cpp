// Keys under their old names.
#include "config/renamed.hpp"

#include <gtest/gtest.h>

#include "config/sample.hpp"
#include "support/support.hpp"

namespace seg::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const std::vector<Renamed> kRenamed = {{"old.average", "train.ema"}, {"workers", "data.workers"}};

SampleOptions read_renamed(const std::string& text, const std::vector<std::string>& overrides = {}) {
  SampleOptions options;
  Document::from_text(text, "x.yaml", overrides, kRenamed).read_into(options);
  return options;
}

TEST(Renamed, IsReadAsTheNewName) { EXPECT_EQ(read_renamed("train: {lr: 1}\nold: {average: {decay: 0.5}}\n").train.ema.decay, 0.5); }

TEST(Renamed, JoinsWhatTheBlockGives) {
  const SampleOptions options = read_renamed("workers: 7\ndata: {root: /a}\n");
  EXPECT_EQ(options.data.workers, 7);
  EXPECT_EQ(options.data.root, "/a");
}

TEST(Renamed, IsReadInOverrides) { EXPECT_EQ(read_renamed("data: {workers: 3}\n", {"workers=5"}).data.workers, 5); }

TEST(Renamed, GivesWayToTheNewNameInALaterLayer) { EXPECT_EQ(read_renamed("workers: 5\n", {"data.workers=3"}).data.workers, 3); }

TEST(Renamed, BothInOneTextIsAnError) {
  EXPECT_THAT(error_of([] { read_renamed("data:\n  workers: 3\nworkers: 5\n"); }),
              testing::Eq("x.yaml:3:1: workers and data.workers are both given, but they are one thing | "
                          "data.workers is the name now, given at x.yaml:2:3: remove workers"));
}

TEST(Renamed, MistakesKeepTheirPlace) {
  EXPECT_THAT(error_of([] { read_renamed("seed: 1\nworkers: x\n"); }), StartsWith("x.yaml:2:10: data.workers: 'x' is not an integer"));
  EXPECT_THAT(error_of([] { read_renamed("workers: 1\ndata: 5\n"); }), HasSubstr("x.yaml:2:7: data: expected a block"));
}

TEST(Renamed, IsNotedOnce) {
  const Document document = Document::from_text("workers: 1\n", "x.yaml", {"workers=2"}, kRenamed);
  EXPECT_THAT(document.notes(), ElementsAre("workers is now data.workers; read as such"));
  EXPECT_THAT(Document::from_text("seed: 1\n", "x.yaml", {}, kRenamed).notes(), testing::IsEmpty());
}

TEST(Renamed, IsReadInBases) {
  const test::TemporaryFolder folder;
  test::write_text(folder / "a.yaml", "workers: 5\n");
  test::write_text(folder / "b.yaml", "base: a.yaml\ndata: {root: /b}\n");
  SampleOptions options;
  Document::from_file(folder / "b.yaml", {}, kRenamed).read_into(options);
  EXPECT_EQ(options.data.workers, 5);
}

}  // namespace
}  // namespace seg::config
