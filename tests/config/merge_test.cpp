// base: files and --set on top of one another.
#include <gtest/gtest.h>

#include "config/sample.hpp"
#include "support/support.hpp"

namespace seg::config {
namespace {

using testing::ElementsAre;
using testing::Eq;
using testing::HasSubstr;
using testing::Pair;
using testing::StartsWith;

class Files : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) {
    test::write_text(folder_ / name, text);
    return (folder_ / name).string();
  }
  std::string error_of_file(const std::string& name, const std::vector<std::string>& overrides = {}) {
    return error_of([&] { read_sample_file(folder_ / name, overrides); });
  }
  test::TemporaryFolder folder_;
};

using Base = Files;

TEST_F(Base, BlocksMergeKeyByKey) {
  write("base/a.yaml", "train: {lr: 0.5, batch_size: 2}\nname: a\n");
  const SampleOptions options = read_sample_file(write("b.yaml", "base: base/a.yaml\ntrain: {lr: 0.25}\n"));
  EXPECT_EQ(options.train.lr, 0.25);
  EXPECT_EQ(options.train.batch_size, 2);
  EXPECT_EQ(options.name, "a");
}

TEST_F(Base, ListsReplace) {
  write("a.yaml", "data: {ids: [1, 2, 3]}\n");
  EXPECT_THAT(read_sample_file(write("b.yaml", "base: a.yaml\ndata: {ids: [7]}\n")).data.ids, ElementsAre(7));
}

TEST_F(Base, MapFieldsReplaceAsAWhole) {
  write("a.yaml", "data: {weights: {road: 1, sky: 2}}\n");
  EXPECT_THAT(read_sample_file(write("b.yaml", "base: a.yaml\ndata: {weights: {car: 3}}\n")).data.weights, ElementsAre(Pair("car", 3)));
  EXPECT_THAT(read_sample_file(write("c.yaml", "base: a.yaml\ndata: {weights: {sky: 3}}\n")).data.weights, ElementsAre(Pair("sky", 3)));
  EXPECT_TRUE(read_sample_file(write("d.yaml", "base: a.yaml\ndata: {weights: {}}\n")).data.weights.empty());
  EXPECT_EQ(read_sample_file(write("e.yaml", "base: a.yaml\ndata: {workers: 1}\n")).data.weights.size(), 2U);
}

TEST_F(Base, LaterOnesOfAListWin) {
  write("a.yaml", "seed: 1\nname: a\n");
  write("b.yaml", "seed: 2\n");
  const SampleOptions options = read_sample_file(write("c.yaml", "base: [a.yaml, b.yaml]\n"));
  EXPECT_EQ(options.seed, 2);
  EXPECT_EQ(options.name, "a");
}

TEST_F(Base, MayHaveABaseItselfAndBeUsedTwice) {
  write("a.yaml", "seed: 1\n");
  write("b.yaml", "base: a.yaml\nname: b\n");
  EXPECT_EQ(read_sample_file(write("c.yaml", "base: [a.yaml, b.yaml]\n")).name, "b");
}

TEST_F(Base, ErrorsInItNameItsOwnPlace) {
  const std::string base = write("a.yaml", "\ntrain: {lr: x}\n");
  write("b.yaml", "base: a.yaml\n");
  EXPECT_THAT(error_of_file("b.yaml"), StartsWith(base + ":2:13: "));
}

TEST_F(Base, OverriddenMistakeInItIsHarmless) {
  write("a.yaml", "train: {lr: x}\n");
  EXPECT_EQ(read_sample_file(write("b.yaml", "base: a.yaml\ntrain: {lr: 1}\n")).train.lr, 1.0);
}

TEST_F(Base, MissingOneNamesThePlaceAndTheNearestFile) {
  write("synthia.yaml", "");
  const std::string file = write("b.yaml", "seed: 1\nbase: sythia.yaml\n");
  EXPECT_THAT(error_of_file("b.yaml"), StartsWith(file + ":2:7: base: there is no file"));
  EXPECT_THAT(error_of_file("b.yaml"), HasSubstr("did you mean 'synthia.yaml'?"));
}

TEST_F(Base, MayBeAShippedRecipe) {
  write("a.yaml", "base: demo.yaml\nseed: 1\n");
  EXPECT_THAT(error_of_file("a.yaml"), HasSubstr("configs/"));  // its keys are not those of the sample
}

TEST_F(Base, BesideItsFileGoesBeforeAShippedRecipe) {
  write("demo.yaml", "seed: 7\n");
  EXPECT_EQ(read_sample_file(write("a.yaml", "base: demo.yaml\n")).seed, 7);
}

TEST_F(Base, MissingOneNamesBothPlacesTried) {
  write("b.yaml", "base: qqqqqqqq.yaml\n");
  EXPECT_THAT(error_of_file("b.yaml"),
              HasSubstr("there is no file '" + (folder_ / "qqqqqqqq.yaml").string() + "' and no shipped recipe 'qqqqqqqq.yaml'"));
}

TEST_F(Base, CycleIsFound) {
  const std::string a = write("a.yaml", "base: ./b.yaml\n");
  write("b.yaml", "base: a.yaml\n");
  EXPECT_THAT(error_of_file("b.yaml"), StartsWith(a + ":1:7: base: "));
  EXPECT_THAT(error_of_file("b.yaml"), HasSubstr("cycle"));
  write("self.yaml", "base: self.yaml\n");
  EXPECT_THAT(error_of_file("self.yaml"), HasSubstr("cycle"));
}

TEST_F(Base, MustBeTextOrAListOfTexts) {
  for (const char* bad : {"{a: 1}", "[[a.yaml]]", "", "~", "''", "[~]"}) {
    write("b.yaml", "base: " + std::string(bad) + "\n");
    EXPECT_THAT(error_of_file("b.yaml"), HasSubstr("base: expected a file or a list of files")) << bad;
  }
}

TEST_F(Base, DoublingWithEachLevelIsStopped) {
  write("f0.yaml", "seed: 1\n");
  for (int i = 1; i <= 20; ++i) {
    const std::string below = "f" + std::to_string(i - 1) + ".yaml";
    write("f" + std::to_string(i) + ".yaml", "base: [" + below + ", " + below + "]\n");
  }
  EXPECT_THAT(error_of_file("f20.yaml"), HasSubstr("more than 100 files"));
}

TEST_F(Base, IsRefusedWhereThereIsNoFile) { EXPECT_THAT(error_of("base: a.yaml"), HasSubstr("x.yaml:1:1: base: is allowed only in files")); }

// train.steps and train.epochs say the same: how long.
TEST_F(Base, ALaterAlternativeDropsTheEarlier) {
  write("a.yaml", "train: {steps: 5}\n");
  const SampleOptions options = read_sample_file(write("b.yaml", "base: a.yaml\ntrain: {epochs: 2}\n"));
  EXPECT_EQ(options.train.steps, 0);
  EXPECT_EQ(options.train.epochs, 2);
}

TEST_F(Base, TheLastOfThreeAlternativesHolds) {
  write("a.yaml", "train: {steps: 5}\n");
  write("b.yaml", "train: {epochs: 2}\n");
  const SampleOptions options = read_sample_file(write("c.yaml", "base: [a.yaml, b.yaml]\ntrain: {steps: 3}\n"));
  EXPECT_EQ(options.train.steps, 3);
  EXPECT_EQ(options.train.epochs, 0);
}

TEST_F(Files, MissingOneNamesTheNearest) {
  write("demo.yaml", "");
  EXPECT_THAT(error_of_file("dem.yaml"), HasSubstr("did you mean the recipe " + (folder_ / "demo.yaml").string() + "?"));
}

TEST_F(Files, TooLargeOrNoFileIsAConfigurationError) {
  write("big.yaml", "name: " + std::string(1 << 20, 'a'));
  EXPECT_THAT(error_of_file("big.yaml"), HasSubstr("big.yaml:1:1: larger than 1 MB"));
  EXPECT_THAT(error_of_file("."), HasSubstr("not a regular file | it is a folder"));
}

TEST_F(Files, PositionTellsWhereAKeyComesFrom) {
  const std::string base = write("a.yaml", "data:\n  root: /a\n  workers: 2\n");
  const std::string file = write("b.yaml", "base: a.yaml\ndata: {workers: 3}\n");
  const Document document = Document::from_file(file, {"train.lr=0.5"});
  EXPECT_EQ(document.position_of("data.root"), base + ":2:3");
  EXPECT_EQ(document.position_of("data.workers"), file + ":2:8");
  EXPECT_EQ(document.position_of("train.lr"), "--set train.lr=0.5");
  EXPECT_EQ(document.position_of("data.size"), "");
  EXPECT_EQ(document.position_of("data.root.x"), "");
  EXPECT_EQ(document.position_of(""), "");
}

TEST(Set, ReplacesWhatTheTextGives) {
  const SampleOptions options = read_sample("train: {lr: 1, batch_size: 3}\n", {"train.lr=2", "train.lr=4", "data.ids=[5, 6]"});
  EXPECT_EQ(options.train.lr, 4.0);
  EXPECT_EQ(options.train.batch_size, 3);
  EXPECT_THAT(options.data.ids, ElementsAre(5, 6));
}

TEST(Set, TakesABlock) {
  const SampleOptions options = read_sample("train: {lr: 1, batch_size: 3}\n", {"train={lr: 2}"});
  EXPECT_EQ(options.train.lr, 2.0);
  EXPECT_EQ(options.train.batch_size, 3);
}

TEST(Set, ChangesOneEntryOrTheWholeMap) {
  const std::string text = "data: {weights: {road: 1, sky: 2}}\n";
  EXPECT_THAT(read_sample(text, {"data.weights.sky=3"}).data.weights, ElementsAre(Pair("road", 1), Pair("sky", 3)));
  EXPECT_THAT(read_sample(text, {"data.weights={sky: 3}"}).data.weights, ElementsAre(Pair("sky", 3)));
  EXPECT_THAT(read_sample("", {"data.weights.a=1", "data.weights.b=2"}).data.weights, ElementsAre(Pair("a", 1), Pair("b", 2)));
}

TEST(Set, AnAlternativeDropsThatOfTheText) {
  EXPECT_EQ(read_sample("train: {steps: 5}\n", {"train.epochs=2"}).train.steps, 0);
  EXPECT_EQ(read_sample("train: {epochs: 5}\n", {"train={steps: 2}"}).train.epochs, 0);
  EXPECT_EQ(read_sample("train: {steps: 5, epochs: 0}\n", {"train.epochs=2"}).train.steps, 0);  // as a run stores it
}

TEST(Set, AnAlternativeWithoutAValueDropsNothing) { EXPECT_EQ(read_sample("train: {steps: 5}\n", {"train.epochs=0"}).train.steps, 5); }

TEST(Set, AlternativesOfOneLayerStayBoth) {
  EXPECT_EQ(read_sample("train: {steps: 5, epochs: 2}\n").train.steps, 5);
  EXPECT_EQ(read_sample("", {"train.epochs=2", "train.steps=5"}).train.steps, 5);
}

TEST(Set, AMistakeInADroppedAlternativeIsHarmless) { EXPECT_EQ(read_sample("train: {steps: x}\n", {"train.epochs=2"}).train.epochs, 2); }

TEST(Set, KeepsEqualSignsInTheValue) { EXPECT_EQ(read_sample("", {"name=a=b"}).name, "a=b"); }

TEST(Set, NothingIsEmptyText) { EXPECT_EQ(read_sample("", {"name="}).name, ""); }

TEST(Set, ErrorsShowTheOption) {
  EXPECT_THAT(error_of("", {"train.lr=x"}), StartsWith("--set train.lr=x: train.lr: 'x' is not a number"));
  EXPECT_THAT(error_of("", {"train.lr="}), StartsWith("--set train.lr=: train.lr: '' is "));
  EXPECT_THAT(error_of("", {"trian.lr=1"}), Eq("--set trian.lr=1: unknown key 'trian' | did you mean train?"));
  EXPECT_THAT(error_of("", {"train.rl=1"}), Eq("--set train.rl=1: unknown key 'train.rl' | did you mean train.lr?"));
  EXPECT_THAT(error_of("", {"train.lr=1: 2: 3"}), StartsWith("--set train.lr=1: 2: 3: bad YAML: "));
  EXPECT_THAT(error_of("", {"train.lr=[1"}), HasSubstr("a bracket is not closed"));
  EXPECT_THAT(error_of("", {"train.lr.x=1"}), StartsWith("--set train.lr.x=1: train.lr: expected a number, found a block"));
}

TEST(Set, NeedsAKeyAndAnEqualSign) {
  EXPECT_THAT(error_of("", {"train.lr"}), StartsWith("--set train.lr: there is no '='"));
  for (const char* bad : {"=1", "train.=1", ".lr=1", "train..lr=1"}) EXPECT_THAT(error_of("", {bad}), HasSubstr("a name is missing")) << bad;
}

TEST(Set, DepthIsLimited) {
  std::string path = "a";
  for (int i = 0; i < 100'000; ++i) path += ".a";
  EXPECT_THAT(error_of("", {path + "=1"}), HasSubstr("nested deeper"));
}

}  // namespace
}  // namespace seg::config
