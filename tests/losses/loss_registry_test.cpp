#include <cmath>

#include "base/error.hpp"
#include "config/document.hpp"
#include "losses/class_weighting/weighting_registry.hpp"
#include "losses/loss_fixture.hpp"

namespace seg {
namespace {

using test::labels_of;
using test::options_of;
using test::outcome;

TEST(LossRegistry, OnlyStaticWeightsAndMarginsNeedStatistics) {
  for (const char* type : {"ce", "recall", "focal", "ohem", "soft_iou", "lovasz", "iou_gap", "sum"})
    EXPECT_FALSE(needs_statistics(options_of(type))) << type;
  for (const char* type : {"weighted_ce", "ldam", "la"}) EXPECT_TRUE(needs_statistics(options_of(type))) << type;
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
  for (const char* type : {"recall", "lovasz", "weighted_ce", "iou_gap"}) {
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

TEST(LossRegistry, IouGapIsCrossEntropyByIouBesideSoftIou) {
  torch::manual_seed(4);
  const torch::Tensor logits = torch::randn({1, 4, 5, 6}), labels = labels_of(4, {1, 20, 24});
  LossOptions parts = options_of("sum");
  parts.sum = {{"ce", 0.25}, {"soft_iou", 0.75}};
  parts.weighting = "iou";
  parts.normalizer = LossNormalizer::kWeightSum;
  const test::Outcome expected = outcome(parts, logits, labels), found = outcome(options_of("iou_gap"), logits, labels);
  EXPECT_EQ(found.value, expected.value);
  EXPECT_TRUE(found.gradient.equal(expected.gradient));
}

TEST(LossRegistry, ASumReadsRegionsWhereAPartDoes) {
  LossOptions options = options_of("sum");
  for (const auto& [part, expected] : {std::pair("lovasz", Regions::kNo), std::pair("soft_iou", Regions::kYes)}) {
    options.sum = {{"ce", 1.0}, {part, 1.0}};
    EXPECT_EQ(build_loss(options, test::context_of(3))->regions(), expected) << part;
  }
}

TEST(LossRegistry, IouGapByHand) {
  // Labels 0, 0, 1 with p_1 = 1/4, 3/4, 3/4: the second pixel is missed. IoU_0 = 1/2, IoU_1 = 1/2, so both weigh alike.
  // Cross entropy: (2 ln 4/3 + ln 4) / 3. Soft: class 0: I = 3/4 + 1/4, U = 2 + 1/4; class 1: I = 3/4, U = 1 + 1/4 + 3/4.
  const double value = outcome(options_of("iou_gap"), test::two_class_logits({0.25, 0.75, 0.75}), test::row_of_labels({0, 0, 1})).value;
  EXPECT_NEAR(value, 0.25 * (2 * std::log(4.0 / 3) + std::log(4.0)) / 3 + 0.75 * (1 - (1 / 2.25 + 0.75 / 2) / 2), 1e-6);
}

TEST(LossRegistry, SumShowsTheRecallsOfItsPart) {
  LossOptions options = options_of("sum");
  options.sum = {{"ce", 1.0}, {"recall", 1.0}};
  const auto loss = build_loss(options, test::context_of(4));
  const BatchClassStatistics statistics = loss->compute({torch::randn({1, 4, 5, 6}), labels_of(4, {1, 20, 24}), false}).statistics;
  ASSERT_TRUE(statistics.false_negatives.defined());
  EXPECT_TRUE(statistics.weights.equal(statistics.false_negatives.clamp_min(1).to(torch::kDouble) / statistics.pixels));
}

TEST(LossRegistry, AnUnknownNameIsAnErrorWithAHint) {
  LossOptions options = options_of("no_such_loss");
  const auto expect_hint = [](const std::function<void()>& call) {
    try {
      call();
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind, ErrorKind::kConfiguration);
      EXPECT_FALSE(error.hint.empty());
    }
  };
  expect_hint([&] { build_loss(options, test::context_of(3)); });
  options = options_of("ce");
  options.weighting = "no_such_weighting";
  expect_hint([&] { build_loss(options, test::context_of(3)); });
}

TEST(LossRegistry, RefusesASumOfNothing) {
  LossOptions options = options_of("sum");
  options.sum.clear();
  EXPECT_THROW(build_loss(options, test::context_of(3)), Error);
}

TEST(WeightingRegistry, SchemesOfWeightedCrossEntropyAreItsStaticOnes) {
  EXPECT_EQ(static_weighting_names(), (std::vector<std::string>{"inverse_frequency", "median_frequency", "effective_number", "enet", "manual"}));
  for (const std::string& scheme : static_weighting_names()) {
    LossOptions options = options_of("weighted_ce");
    config::Document::from_text("scheme: " + scheme, "test", {}).read_into(options.weighted_ce);
    const Weighting weighting = build_weighting(scheme, options, test::context_of(3));
    EXPECT_EQ(weighting.normalizer, Normalizer::kWeightSum) << scheme;
    if (weighting_needs_statistics(scheme)) {
      EXPECT_EQ(test::values_of(weighting.classes->weights(test::sums_of({1, 1, 1}, {0, 0, 0}))),
                counted_weights(scheme, *test::context_of(3).statistics))
          << scheme;
    }
  }
}

TEST(LossOptions, ReadFromYaml) {
  LossOptions options;
  config::Document::from_text("type: sum\nsum: {recall: 1, soft_iou: 0.5}\nerror_rate: {smoothing: none, momentum: 0.9}\n", "test", {"type=ce"})
      .read_into(options);
  EXPECT_EQ(options.type, "ce");
  EXPECT_EQ(options.sum, (std::map<std::string, double>{{"recall", 1.0}, {"soft_iou", 0.5}}));
  EXPECT_EQ(options.error_rate.momentum, 0.9);
}

}  // namespace
}  // namespace seg
