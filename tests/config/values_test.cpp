// From the tree to the fields: what is taken, what is refused and what the message says.
#include <gtest/gtest.h>

#include "config/sample.hpp"

namespace seg::config {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Eq;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Values, EveryKindIsRead) {
  const SampleOptions options = read_sample(
      "name: demo\nloss: recall\nseed: -9223372036854775808\n"
      "data: {root: a b, size: [3, 4], ids: [], scale: [1, 2.5e0], sides: [left, right], weights: {road: 1, 'the sky': .5}, workers: +2}\n"
      "train:\n  lr: 5.\n  deterministic: false\n  ema:\n    decay: 1e-05\n");
  EXPECT_EQ(options.name, "demo");
  EXPECT_EQ(options.loss, Objective::kRecall);
  EXPECT_EQ(options.seed, INT64_MIN);
  EXPECT_EQ(options.data.root, "a b");
  EXPECT_EQ(options.data.size, (Size{3, 4}));
  EXPECT_TRUE(options.data.ids.empty());
  EXPECT_THAT(options.data.scale, ElementsAre(1.0, 2.5));
  EXPECT_THAT(options.data.sides, ElementsAre("left", "right"));
  EXPECT_THAT(options.data.weights, ElementsAre(testing::Pair("road", 1.0), testing::Pair("the sky", 0.5)));
  EXPECT_EQ(options.data.workers, 2);
  EXPECT_EQ(options.train.lr, 5.0);
  EXPECT_FALSE(options.train.deterministic);
  EXPECT_EQ(options.train.ema.decay, 1e-05);
}

TEST(Values, AnEmptyBlockKeepsItsDefaults) { EXPECT_EQ(read_sample("train:\ndata: ~\nconstant: {}\n"), SampleOptions{}); }

TEST(Values, TextKeepsItsDigits) {
  EXPECT_EQ(read_sample("name: 01").name, "01");
  EXPECT_EQ(read_sample("name: true").name, "true");
}

TEST(Values, SizeMayBeWrittenAsOnTheCommandLine) { EXPECT_EQ(read_sample("", {"data.size=12x34"}).data.size, (Size{12, 34})); }

TEST(Values, UnknownKeyNamesTheNearest) {
  EXPECT_THAT(error_of("train:\n  batchsize: 3\n"), Eq("x.yaml:2:3: unknown key 'train.batchsize' | did you mean train.batch_size?"));
  EXPECT_THAT(error_of("trian: {}\n"), Eq("x.yaml:1:1: unknown key 'trian' | did you mean train?"));
}

TEST(Values, UnknownKeyThatExistsElsewhereNamesItsPath) {
  EXPECT_THAT(error_of("batch_size: 3\n"), HasSubstr("did you mean train.batch_size?"));
  EXPECT_THAT(error_of("data: {decay: 0.5}\n"), HasSubstr("did you mean train.ema.decay?"));
  EXPECT_THAT(error_of("train.lr: 0.5\n"), HasSubstr("did you mean train.lr?"));
}

TEST(Values, MisspeltKeyOfAnotherBlockNamesItsPath) { EXPECT_THAT(error_of("data: {batchsize: 3}\n"), HasSubstr("did you mean train.batch_size?")); }

TEST(Values, UnknownKeyLikeNoneListsWhatThereIs) {
  EXPECT_THAT(error_of("train: {zzzzzz: 3}\n"), HasSubstr("the keys in train are batch_size, steps, epochs, lr, deterministic, ema"));
  EXPECT_THAT(error_of("constant: {zzzzzz: 3}\n"), HasSubstr("there are no keys here"));
}

TEST(Values, NumbersAreStrict) {
  EXPECT_THAT(error_of("train: {lr: 1.5x}"), HasSubstr("x.yaml:1:13: train.lr: '1.5x' is not a number | train.lr is a number (learning rate)"));
  EXPECT_THAT(error_of("train: {lr: yes}"), HasSubstr("'yes' is not a number"));
  EXPECT_THAT(error_of("train: {lr: \"1\"}"), HasSubstr("'1' is text, because it is in quotes"));
  EXPECT_THAT(error_of("train: {lr: 1e999}"), HasSubstr("too large"));
  for (const char* text : {"nan", "inf", "-inf", ".inf", ".nan", "-.inf", "infinity"}) {
    EXPECT_THAT(error_of("train: {lr: " + std::string(text) + "}"), HasSubstr("is not finite")) << text;
  }
  for (const char* text : {"1,5", "0x10", "1_000", "+-1", "++1", "--1", "+", "'+ 1'", "1 2", "1.2.3", "''"}) {
    EXPECT_THAT(error_of("train:\n  lr: " + std::string(text) + "\n"), HasSubstr("train.lr: ")) << text;
  }
}

TEST(Values, IntegersAreStrict) {
  EXPECT_THAT(error_of("seed: 1.5"), HasSubstr("'1.5' is not an integer"));
  EXPECT_THAT(error_of("seed: 1e3"), HasSubstr("'1e3' is not written as an integer (1000)"));
  EXPECT_THAT(error_of("seed: 9223372036854775808"), HasSubstr("does not fit into 64 bits"));
  EXPECT_THAT(error_of("seed: yes"), HasSubstr("'yes' is not an integer"));
  EXPECT_EQ(read_sample("seed: 9223372036854775807").seed, INT64_MAX);
}

TEST(Values, BooleansAreTrueAndFalse) {
  for (const char* text : {"yes", "no", "on", "1", "\"true\""}) {
    EXPECT_THAT(error_of("train: {deterministic: " + std::string(text) + "}"), HasSubstr("train.deterministic is true or false")) << text;
  }
  EXPECT_FALSE(read_sample("train: {deterministic: False}").train.deterministic);
}

TEST(Values, WrongKindsSayWhatWasFound) {
  EXPECT_THAT(error_of("train: {lr: [1]}"), HasSubstr("train.lr: expected a number, found a list"));
  EXPECT_THAT(error_of("train: {lr: {a: 1}}"), HasSubstr("expected a number, found a block of keys"));
  EXPECT_THAT(error_of("train:\n  lr:\n"), StartsWith("x.yaml:2:3: train.lr: expected a number, found nothing"));
  EXPECT_THAT(error_of("train: 5"), HasSubstr("train: expected a block of keys, found a single value"));
  EXPECT_THAT(error_of("data: {sides: left}"), HasSubstr("expected a list of texts, found 'left'"));
  EXPECT_THAT(error_of("data: {weights: [1]}"), HasSubstr("expected names with one number each, found a list"));
  EXPECT_THAT(error_of("data: {size: [1, 2, 3]}"), HasSubstr("expected a size [height, width]"));
  EXPECT_THAT(error_of("data: {size: 12}"), HasSubstr("expected a size [height, width], found '12'"));
}

TEST(Values, RangeIsShownWithItsUnit) {
  EXPECT_THAT(error_of("train: {batch_size: 0}"),
              Eq("x.yaml:1:21: train.batch_size: 0 is out of range: it must be from 1 to 4096 images | choose a value from 1 to 4096 images"));
  EXPECT_THAT(error_of("train: {lr: -1}"), HasSubstr("must be at least 0 "));
}

TEST(Values, RangeHoldsForEachElement) {
  EXPECT_THAT(error_of("data: {size: [0, 4]}"), HasSubstr("data.size: 0 is out of range"));
  EXPECT_THAT(error_of("data: {size: 4x99999}"), HasSubstr("data.size: 99999 is out of range"));
  EXPECT_THAT(error_of("data: {ids: [1, 256]}"), HasSubstr("x.yaml:1:17: data.ids: 256 is out of range"));
  EXPECT_THAT(error_of("data: {scale: [1, 11]}"), HasSubstr("data.scale: 11 is out of range"));
  EXPECT_THAT(error_of("data: {weights: {road: -1}}"), HasSubstr("data.weights: -1 is out of range"));
}

TEST(Values, ChoiceNamesTheNearestAndAll) {
  EXPECT_THAT(error_of("loss: recal"),
              Eq("x.yaml:1:7: loss: 'recal' is not one of the choices | did you mean 'recall'? The choices are ce, weighted_ce, recall"));
  EXPECT_THAT(error_of("loss: qqqqqq"), HasSubstr("choose one of ce, weighted_ce, recall"));
  EXPECT_THAT(error_of("data: {sides: [left, rihgt]}"), HasSubstr("did you mean 'right'?"));
}

TEST(Values, MapKeysFollowTheChoices) {
  struct Weights {
    std::map<std::string, double> map;
    void fields(Visitor& v) { v.field("map", map, {.choices = {"road", "sky"}}); }
  };
  EXPECT_THAT(error_of([] {
                Weights weights;
                Document::from_text("map: {raod: 1}", "x.yaml", {}).read_into(weights);
              }),
              StartsWith("x.yaml:1:7: map: 'raod' is not one of the choices | did you mean 'road'?"));
}

}  // namespace
}  // namespace seg::config
