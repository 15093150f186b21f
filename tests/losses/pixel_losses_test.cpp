// Focal, OHEM, LDAM and logit adjustment: one value by hand, one against pixel by pixel double.
#include "core/log_prior.hpp"
#include "losses/ldam.hpp"
#include "losses/loss_fixture.hpp"

namespace seg {
namespace {

using test::labels_of;
using test::NaiveBatch;
using test::options_of;
using test::outcome;
using test::row_of_labels;
using test::two_class_logits;

struct RandomBatch {
  torch::Tensor logits = torch::randn({2, 5, 9, 8}) * 2;
  torch::Tensor labels = labels_of(5, {2, 9, 8});
  NaiveBatch naive{logits, labels};

  double mean(const std::function<double(const NaiveBatch::Pixel&)>& value) const {
    double sum = 0;
    for (const auto& pixel : naive.pixels) sum += value(pixel);
    return sum / static_cast<double>(naive.pixels.size());
  }
};

TEST(Focal, ByHand) {
  // p = 1/4 and 3/4 with gamma 2: (9/16 ln 4 + 1/16 ln 4/3) / 2.
  const double value = outcome(options_of("focal"), two_class_logits({0.75, 0.75}), row_of_labels({0, 1})).value;
  EXPECT_NEAR(value, (9.0 / 16 * std::log(4.0) + 1.0 / 16 * std::log(4.0 / 3)) / 2, 1e-6);
}

TEST(Focal, EqualsPixelByPixelDouble) {
  const RandomBatch batch;
  const double expected = batch.mean([](const auto& pixel) {
    const double p = pixel.probabilities[static_cast<std::size_t>(pixel.truth)];
    return -(1 - p) * (1 - p) * std::log(p);
  });
  EXPECT_NEAR(outcome(options_of("focal"), batch.logits, batch.labels).value, expected, 1e-6);
}

TEST(Focal, IsCrossEntropyForGammaZero) {
  const RandomBatch batch;
  LossOptions options = options_of("focal");
  options.focal.gamma = 0;
  EXPECT_NEAR(outcome(options, batch.logits, batch.labels).value, outcome(options_of("ce"), batch.logits, batch.labels).value, 1e-6);
}

TEST(Focal, GradientIsFiniteAtCertainPixelsForSmallGamma) {
  LossOptions options = options_of("focal");
  options.focal.gamma = 0.5;
  const torch::Tensor logits = torch::tensor({50.0f, 0.0f}).view({1, 2, 1, 1});
  EXPECT_TRUE(outcome(options, logits, row_of_labels({0})).gradient.isfinite().all().item<bool>());
}

TEST(Ohem, ByHand) {
  // True probabilities .9, .6, .2 at threshold .7: the first is left out.
  LossOptions options = options_of("ohem");
  options.ohem.min_kept = 1;
  const double value = outcome(options, two_class_logits({0.9, 0.6, 0.2}), row_of_labels({1, 1, 1})).value;
  EXPECT_NEAR(value, -(std::log(0.6) + std::log(0.2)) / 2, 1e-6);
}

TEST(Ohem, KeepsTheHardestWhereTooFewAreBelowTheThreshold) {
  LossOptions options = options_of("ohem");
  options.ohem.min_kept = 2;
  const double value = outcome(options, two_class_logits({0.9, 0.8, 0.95}), row_of_labels({1, 1, 1})).value;
  EXPECT_NEAR(value, -(std::log(0.9) + std::log(0.8)) / 2, 1e-6);
}

TEST(Ohem, EqualsPixelByPixelDouble) {
  const RandomBatch batch;
  double sum = 0, kept = 0;
  for (const auto& pixel : batch.naive.pixels) {
    const double p = pixel.probabilities[static_cast<std::size_t>(pixel.truth)];
    if (p >= 0.7) continue;
    sum -= std::log(p);
    kept += 1;
  }
  EXPECT_NEAR(outcome(options_of("ohem"), batch.logits, batch.labels).value, sum / kept, 1e-6);
}

TEST(Ldam, MarginsFallWithTheFourthRoot) {
  EXPECT_THAT(ldam_margins({16, 1, 0, 81}, 0.5), testing::ElementsAre(0.25, 0.5, 0.5, testing::DoubleNear(0.5 / 3, 1e-12)));
}

TEST(Ldam, ByHand) {
  // Scores 0, 0 and label 0 of the rarest class: margin 1/2, scale 2: -ln(e^-1 / (e^-1 + 1)) = ln(1 + e).
  const double value = outcome(options_of("ldam"), torch::zeros({1, 2, 1, 1}), row_of_labels({0})).value;
  EXPECT_NEAR(value, std::log(1 + std::exp(1.0)), 1e-6);
}

TEST(Ldam, EqualsPixelByPixelDouble) {
  const RandomBatch batch;
  const std::vector<double> margins = ldam_margins(test::context_of(5).statistics->pixels, 0.5);
  const double expected = batch.mean([&](const auto& pixel) {
    const auto truth = static_cast<std::size_t>(pixel.truth);
    double sum = 0;
    for (std::size_t k = 0; k < 5; ++k) sum += std::exp(2 * (pixel.scores[k] - (k == truth ? margins[k] : 0.0)));
    return std::log(sum) - 2 * (pixel.scores[truth] - margins[truth]);
  });
  EXPECT_NEAR(outcome(options_of("ldam"), batch.logits, batch.labels).value, expected, 1e-5);
}

/// Mean cross entropy over all pixels, in double and pixel by pixel, of scores with something added.
double entropy_of(const torch::Tensor& logits, const torch::Tensor& labels, const torch::Tensor& added) {
  double sum = 0;
  const NaiveBatch naive(logits + added, labels);
  for (const auto& pixel : naive.pixels) sum += NaiveBatch::entropy(pixel);
  return sum / static_cast<double>(naive.pixels.size());
}

TEST(LogPrior, IsZeroForAClassWithoutAPixel) {
  EXPECT_THAT(test::values_of(log_prior({1, 0, 3})), testing::ElementsAre(std::log(0.25), 0.0, std::log(0.75)));
}

TEST(LogitAdjustment, ByHand) {
  // pi = 1/5 and 4/5; p = 1/4 and 3/4 become (1/4 1/5) / (1/4 1/5 + 3/4 4/5) = 1/13 and 12/13.
  const double value = outcome(options_of("la"), two_class_logits({0.75, 0.75}), row_of_labels({0, 1})).value;
  EXPECT_NEAR(value, (std::log(13.0) + std::log(13.0 / 12)) / 2, 1e-6);
}

TEST(LogitAdjustment, EqualsPixelByPixelDouble) {
  torch::manual_seed(6);
  const RandomBatch batch;
  LossOptions options = options_of("la");
  options.la.tau = 0.7;
  const torch::Tensor shift = (log_prior(test::context_of(5).statistics->pixels) * 0.7).to(torch::kFloat).view({1, 5, 1, 1});
  EXPECT_NEAR(outcome(options, batch.logits, batch.labels).value, entropy_of(batch.logits, batch.labels, shift), 1e-6);
}

TEST(LogitAdjustment, IsCrossEntropyForTauZero) {
  const RandomBatch batch;
  LossOptions options = options_of("la");
  options.la.tau = 0;
  EXPECT_NEAR(outcome(options, batch.logits, batch.labels).value, outcome(options_of("ce"), batch.logits, batch.labels).value, 1e-6);
}

/// The loss of training labels with 90 pixels of class 0, 10 of class 1 and none of class 2.
test::Outcome with_an_unseen_class(double tau, const torch::Tensor& logits, const torch::Tensor& labels) {
  LossOptions options = options_of("la");
  options.la.tau = tau;
  LossContext context = test::context_of(3);
  context.statistics->pixels = {90, 10, 0};
  return outcome(*build_loss(options, context), logits, labels);
}

TEST(LogitAdjustment, AClassWithoutTrainingPixelsIsNoRival) {
  const torch::Tensor logits = torch::zeros({1, 3, 1, 1}), labels = row_of_labels({0});
  const test::Outcome balanced = with_an_unseen_class(1, logits, labels);
  EXPECT_NEAR(balanced.value, 0.1054, 5e-5);  // -ln 0.9
  EXPECT_THAT(test::values_of(balanced.gradient), testing::ElementsAre(testing::DoubleNear(-0.1, 1e-6), testing::DoubleNear(0.1, 1e-6), 0.0));
  EXPECT_NEAR(with_an_unseen_class(0, logits, labels).value, std::log(2.0), 1e-6);
  EXPECT_NEAR(with_an_unseen_class(-1, logits, labels).value, -std::log(0.1), 1e-6);
}

TEST(LogitAdjustment, AClassWithoutTrainingPixelsMakesNothingInfinite) {
  torch::manual_seed(7);
  const torch::Tensor labels = torch::randint(0, 3, {1, 23, 29}).to(torch::kByte);  // which name it nevertheless
  for (const double tau : {-10.0, 0.0, 1.0, 10.0}) {
    for (const torch::ScalarType type : {torch::kFloat, torch::kBFloat16}) {
      const test::Outcome result = with_an_unseen_class(tau, (torch::randn({1, 3, 4, 5}) * 1e3).to(type), labels);
      EXPECT_TRUE(std::isfinite(result.value)) << tau;
      EXPECT_TRUE(result.gradient.isfinite().all().item<bool>()) << tau;
      EXPECT_EQ(result.gradient.select(1, 2).abs().max().item<double>(), 0) << tau;
    }
  }
}

}  // namespace
}  // namespace seg
