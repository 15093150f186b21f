#include "losses/balanced_cross_entropy.hpp"

#include "losses/loss_fixture.hpp"

namespace seg {
namespace {

using test::labels_of;
using test::options_of;
using test::outcome;
using test::relative_difference;

LossOptions recall_options(ErrorRateSmoothing smoothing, LossNormalizer normalizer = LossNormalizer::kDefault) {
  LossOptions options = options_of("recall");
  options.error_rate.smoothing = smoothing;
  options.normalizer = normalizer;
  return options;
}

/// A batch of 3 classes where predictions can be chosen: the winner gets a lead of 1.
torch::Tensor logits_that_predict(const std::vector<std::int64_t>& predicted) {
  const torch::Tensor classes = torch::tensor(predicted, torch::kLong).view({1, 1, 1, -1});
  return torch::randn({1, 3, 1, static_cast<std::int64_t>(predicted.size())}) * 0.1 +
         torch::zeros({1, 3, 1, static_cast<std::int64_t>(predicted.size())}).scatter(1, classes, 1.0);
}

class GoldenRecall : public testing::TestWithParam<std::string> {};

TEST_P(GoldenRecall, MatchesPublished) {
  const test::Golden golden(GetParam());
  const torch::Tensor logits = golden["logits"], expected = golden["class_weights"];
  const auto loss = build_loss(recall_options(ErrorRateSmoothing::kPublished), test::context_of(logits.size(1)));
  const test::Outcome result = outcome(*loss, logits, golden["labels"]);
  EXPECT_LT(std::abs(result.value / golden["loss"].item<double>() - 1), 1e-6);
  EXPECT_LT(relative_difference(result.gradient, golden["grad"]), 1e-6);
  const BatchClassStatistics statistics = loss->compute({logits, golden["labels"], false}).statistics;
  const torch::Tensor present = statistics.pixels.gt(0);
  EXPECT_TRUE(torch::allclose(statistics.weights.to(torch::kFloat).masked_select(present), expected.masked_select(present), 1e-6, 0));
}

INSTANTIATE_TEST_SUITE_P(BalancedCrossEntropy, GoldenRecall,
                         testing::Values("recall_balanced", "recall_skewed", "recall_absent_classes", "recall_perfect_class"),
                         [](const auto& tested) { return tested.param; });

TEST(BalancedCrossEntropy, CrossEntropyMatchesPyTorch) {
  const test::Golden golden("ce_ignore");
  const test::Outcome result = outcome(options_of("ce"), golden["logits"], golden["labels"]);
  EXPECT_LT(std::abs(result.value / golden["ce_mean"].item<double>() - 1), 1e-6);
  EXPECT_LT(relative_difference(result.gradient, golden["ce_grad"]), 1e-6);
}

TEST(BalancedCrossEntropy, ManualWeightsMatchPyTorch) {
  const test::Golden golden("ce_ignore");
  LossOptions options = options_of("weighted_ce");
  options.weighted_ce.scheme = "manual";
  for (std::int64_t c = 0; c < 7; ++c) options.weighted_ce.weights["class" + std::to_string(c)] = golden["weights"][c].item<double>();
  const test::Outcome result = outcome(options, golden["logits"], golden["labels"]);
  EXPECT_LT(std::abs(result.value / golden["weighted_mean"].item<double>() - 1), 1e-6);
  EXPECT_LT(relative_difference(result.gradient, golden["weighted_grad"]), 1e-6);
}

TEST(BalancedCrossEntropy, RecallEqualsPixelByPixelDouble) {
  torch::manual_seed(1);
  const torch::Tensor logits = torch::randn({2, 5, 9, 8}), labels = labels_of(5, {2, 9, 8});
  const test::NaiveBatch naive(logits, labels);
  const std::vector<double> counts = naive.counts(), misses = naive.misses();
  double sum = 0;
  for (const auto& pixel : naive.pixels) {
    const auto c = static_cast<std::size_t>(pixel.truth);
    sum += misses[c] / counts[c] * test::NaiveBatch::entropy(pixel);
  }
  EXPECT_NEAR(outcome(recall_options(ErrorRateSmoothing::kNone), logits, labels).value, sum / static_cast<double>(naive.pixels.size()), 1e-6);
}

TEST(BalancedCrossEntropy, RecallByHand) {
  // Class 1: three pixels, one missed, w = 1/3; class 0: one pixel, missed, w = 1. (ln 4 + (ln 4 + 2 ln 4/3) / 3) / 4.
  const test::Outcome result =
      outcome(recall_options(ErrorRateSmoothing::kNone), test::two_class_logits({0.75, 0.25, 0.75, 0.75}), test::row_of_labels({0, 1, 1, 1}));
  EXPECT_NEAR(result.value, (std::log(4.0) + (std::log(4.0) + 2 * std::log(4.0 / 3)) / 3) / 4, 1e-6);
}

TEST(BalancedCrossEntropy, RecallIsCrossEntropyWhereEveryRecallIsZero) {
  torch::manual_seed(2);
  const torch::Tensor logits = logits_that_predict({1, 2, 0, 1}), labels = test::row_of_labels({0, 1, 2, 2});
  const test::Outcome ce = outcome(options_of("ce"), logits, labels), recall = outcome(recall_options(ErrorRateSmoothing::kNone), logits, labels);
  EXPECT_DOUBLE_EQ(recall.value, ce.value);
  EXPECT_TRUE(recall.gradient.equal(ce.gradient));
}

TEST(BalancedCrossEntropy, RecallIsInverseFrequencyWhereMissesAreEqual) {
  torch::manual_seed(3);
  // One miss in each class of 1, 2 and 4 pixels.
  const torch::Tensor logits = logits_that_predict({1, 1, 2, 2, 2, 2, 0}), labels = test::row_of_labels({0, 1, 1, 2, 2, 2, 2});
  LossContext context = test::context_of(3);
  context.statistics->pixels = {1, 2, 4};
  LossOptions inverse = options_of("weighted_ce");
  inverse.weighted_ce.scheme = "inverse_frequency";
  const test::Outcome expected = outcome(*build_loss(inverse, context), logits, labels);
  const test::Outcome recall = outcome(recall_options(ErrorRateSmoothing::kNone, LossNormalizer::kWeightSum), logits, labels);
  EXPECT_NEAR(recall.value, expected.value, 1e-7);
  EXPECT_LT(relative_difference(recall.gradient, expected.gradient), 1e-6);
}

TEST(BalancedCrossEntropy, APerfectClassVanishesWithoutSmoothing) {
  torch::manual_seed(4);
  const torch::Tensor logits = logits_that_predict({0, 0, 0, 1}), labels = test::row_of_labels({0, 0, 1, 2});
  const torch::Tensor gradient = outcome(recall_options(ErrorRateSmoothing::kNone), logits, labels).gradient;
  EXPECT_EQ(gradient.slice(3, 0, 2).abs().max().item<double>(), 0);
  EXPECT_GT(gradient.slice(3, 2).abs().min().item<double>(), 0);
}

TEST(BalancedCrossEntropy, APerfectBatchIsZeroWithEitherNormaliser) {
  const torch::Tensor logits = logits_that_predict({0, 1, 2}), labels = test::row_of_labels({0, 1, 2});
  for (const LossNormalizer normalizer : {LossNormalizer::kValidPixels, LossNormalizer::kWeightSum})
    EXPECT_EQ(outcome(recall_options(ErrorRateSmoothing::kNone, normalizer), logits, labels).value, 0);
}

TEST(BalancedCrossEntropy, StaticWeightsDivideByTheirSumAndOtherwiseByPixels) {
  torch::manual_seed(5);
  const torch::Tensor logits = torch::randn({1, 3, 6, 6}), labels = labels_of(3, {1, 6, 6});
  LossOptions options = options_of("weighted_ce");
  options.weighted_ce.scheme = "manual";
  options.weighted_ce.weights = {{"class0", 4.0}, {"class1", 4.0}, {"class2", 4.0}};
  const double ce = outcome(options_of("ce"), logits, labels).value;
  EXPECT_NEAR(outcome(options, logits, labels).value, ce, 1e-6);
  options.normalizer = LossNormalizer::kValidPixels;
  EXPECT_NEAR(outcome(options, logits, labels).value, 4 * ce, 1e-5);
}

}  // namespace
}  // namespace seg
