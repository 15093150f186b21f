#include "base/error.hpp"
#include "config/document.hpp"
#include "losses/loss_fixture.hpp"

namespace seg {
namespace {

using test::labels_of;
using test::options_of;
using test::outcome;

TEST(LossRegistry, OnlyStaticWeightsAndMarginsNeedStatistics) {
  for (const char* type : {"ce", "recall", "focal", "ohem", "soft_iou", "lovasz", "sum"}) EXPECT_FALSE(needs_statistics(options_of(type))) << type;
  for (const char* type : {"weighted_ce", "ldam"}) EXPECT_TRUE(needs_statistics(options_of(type))) << type;
}

TEST(LossRegistry, WeightingAndSumPartsAskForStatistics) {
  LossOptions options = options_of("focal");
  options.weighting = "enet";
  EXPECT_TRUE(needs_statistics(options));
  options = options_of("sum");
  options.sum = {{"ldam", 1.0}};
  EXPECT_TRUE(needs_statistics(options));
}

TEST(LossRegistry, RefusesAWeightingThatTheLossCannotFollow) {
  for (const char* type : {"recall", "lovasz", "weighted_ce"}) {
    LossOptions options = options_of(type);
    options.weighting = "enet";
    EXPECT_THROW(build_loss(options, test::context_of(3)), Error) << type;
  }
}

TEST(LossRegistry, PresetsAreCrossEntropyWithAWeighting) {
  torch::manual_seed(1);
  const torch::Tensor logits = torch::randn({1, 4, 5, 6}), labels = labels_of(4, {1, 20, 24});
  LossOptions ce = options_of("ce");
  ce.weighting = "recall";
  EXPECT_EQ(outcome(ce, logits, labels).value, outcome(options_of("recall"), logits, labels).value);
  ce.weighting = "median_frequency";
  EXPECT_EQ(outcome(ce, logits, labels).value, outcome(options_of("weighted_ce"), logits, labels).value);
}

TEST(LossRegistry, SumAddsItsPartsWithFactors) {
  torch::manual_seed(2);
  const torch::Tensor logits = torch::randn({1, 4, 5, 6}), labels = labels_of(4, {1, 20, 24});
  LossOptions options = options_of("sum");
  options.sum = {{"ce", 2.0}, {"lovasz", 0.5}};
  const double expected = 2 * outcome(options_of("ce"), logits, labels).value + 0.5 * outcome(options_of("lovasz"), logits, labels).value;
  EXPECT_NEAR(outcome(options, logits, labels).value, expected, 1e-6);
}

TEST(LossRegistry, SumShowsTheRecallsOfItsPart) {
  LossOptions options = options_of("sum");
  options.sum = {{"ce", 1.0}, {"recall", 1.0}};
  const auto loss = build_loss(options, test::context_of(4));
  loss->compute(torch::randn({1, 4, 5, 6}), labels_of(4, {1, 20, 24}));
  EXPECT_EQ(loss->readings().recalls.size(), 4u);
}

TEST(LossRegistry, RefusesASumOfNothing) {
  LossOptions options = options_of("sum");
  options.sum.clear();
  EXPECT_THROW(build_loss(options, test::context_of(3)), Error);
}

TEST(LossOptions, ReadFromYaml) {
  LossOptions options;
  config::Document::from_text("type: sum\nsum: {recall: 1, soft_iou: 0.5}\nrecall: {smoothing: none, momentum: 0.9}\n", "test", {"type=ce"})
      .read_into(options);
  EXPECT_EQ(options.type, "ce");
  EXPECT_EQ(options.sum, (std::map<std::string, double>{{"recall", 1.0}, {"soft_iou", 0.5}}));
  EXPECT_EQ(options.recall.momentum, 0.9);
}

}  // namespace
}  // namespace seg
