// Soft IoU and Lovasz-softmax: one value by hand, one against pixel by pixel double.
#include <algorithm>

#include "losses/loss_fixture.hpp"
#include "support/operations.hpp"
#include "support/tensor_bytes.hpp"

namespace seg {
namespace {

using test::labels_of;
using test::NaiveBatch;
using test::options_of;
using test::outcome;
using test::row_of_labels;
using test::two_class_logits;

struct BatchWithoutOne {
  torch::Tensor logits = torch::randn({2, 5, 9, 8}) * 2;
  torch::Tensor labels = labels_of(4, {2, 9, 8});  // class 4 is absent
  NaiveBatch naive{logits, labels};
};

double naive_soft_iou(const NaiveBatch& batch, int c) {
  double both = 0, either = 0;
  for (const auto& pixel : batch.pixels) {
    const double p = pixel.probabilities[static_cast<std::size_t>(c)], y = pixel.truth == c ? 1 : 0;
    both += p * y;
    either += p + y - p * y;
  }
  return both / either;
}

/// The Jaccard metric of Wang et al. (arXiv 2302.05666): TP = (|p| + |y| - |p - y|) / 2, FP = |p| - TP, FN = |y| - TP.
double naive_jaccard_metric(const NaiveBatch& batch, int c) {
  double predicted = 0, truth = 0, apart = 0;
  for (const auto& pixel : batch.pixels) {
    const double p = pixel.probabilities[static_cast<std::size_t>(c)], y = pixel.truth == c ? 1 : 0;
    predicted += p;
    truth += y;
    apart += std::abs(p - y);
  }
  const double both = (predicted + truth - apart) / 2;
  return both / (both + (predicted - both) + (truth - both));
}

/// The sorted errors times the steps of 1 - IoU of the set of the first i pixels taken as mistakes.
double naive_lovasz(const NaiveBatch& batch, int c) {
  std::vector<std::pair<double, bool>> errors;
  double truths = 0;
  for (const auto& pixel : batch.pixels) {
    const bool is = pixel.truth == c;
    truths += is;
    errors.emplace_back(std::abs((is ? 1 : 0) - pixel.probabilities[static_cast<std::size_t>(c)]), is);
  }
  std::stable_sort(errors.begin(), errors.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  double value = 0, before = 0, missed = 0, wrong = 0;
  for (const auto& [error, is] : errors) {
    (is ? missed : wrong) += 1;
    const double jaccard = 1 - (truths - missed) / (truths + wrong);
    value += error * (jaccard - before);
    before = jaccard;
  }
  return value;
}

TEST(SoftIou, ByHand) {
  // Labels 0, 1 with p_1 = 3/4 in both: class 0: I = 1/4, U = 1 + 1/4; class 1: I = 3/4, U = 1 + 3/4. 1 - (1/5 + 3/7) / 2.
  const double value = outcome(options_of("soft_iou"), two_class_logits({0.75, 0.75}), row_of_labels({0, 1})).value;
  EXPECT_NEAR(value, 1 - (1.0 / 5 + 3.0 / 7) / 2, 1e-6);
}

TEST(SoftIou, EqualsPixelByPixelDouble) {
  const BatchWithoutOne batch;
  double sum = 0;
  for (int c = 0; c < 4; ++c) sum += naive_soft_iou(batch.naive, c);
  EXPECT_NEAR(outcome(options_of("soft_iou"), batch.logits, batch.labels).value, 1 - sum / 4, 1e-6);
  LossOptions all = options_of("soft_iou");
  all.soft_iou.classes = RegionClasses::kAll;
  EXPECT_NEAR(outcome(all, batch.logits, batch.labels).value, 1 - sum / 5, 1e-6);
}

TEST(SoftIou, AnAbsentClassThatUnderflowsCountsZeroAndHasNoGradient) {
  LossOptions all = options_of("soft_iou");
  all.soft_iou.classes = RegionClasses::kAll;
  // Class 1 is absent and e^-200 is no float32: 1 - (1 + 0) / 2.
  const test::Outcome result = outcome(all, torch::tensor({200.0f, 0.0f}).view({1, 2, 1, 1}), row_of_labels({0}));
  EXPECT_NEAR(result.value, 0.5, 1e-6);
  EXPECT_LT(result.gradient.abs().max().item<double>(), 1e-35);  // the kernel has no power below e^-87
}

TEST(SoftIou, IsZeroForCertainTruth) {
  EXPECT_NEAR(outcome(options_of("soft_iou"), torch::tensor({40.0f, 0.0f, 0.0f, 40.0f}).view({1, 2, 1, 2}), row_of_labels({0, 1})).value, 0, 1e-6);
}

class OfRegionSums : public testing::TestWithParam<const char*> {};

TEST_P(OfRegionSums, IsOnePassOverThePixels) {
  const auto loss = build_loss(options_of(GetParam()), test::context_of(4));
  const torch::Tensor logits = torch::randn({2, 4, 5, 6}).requires_grad_(true), labels = labels_of(4, {2, 20, 24});
  const auto operations = test::operations_of([&] { test::computed(*loss, logits, labels).value.backward(); });
  EXPECT_EQ(std::ranges::count(operations, "seg::class_sums"), 1);
  EXPECT_EQ(std::ranges::count(operations, "seg::class_sums_backward"), 1);
}

TEST_P(OfRegionSums, NeedsNoTensorAtFullSize) {
  const auto loss = build_loss(options_of(GetParam()), test::context_of(10));
  const torch::Tensor logits = torch::randn({1, 10, 16, 16}).requires_grad_(true), labels = labels_of(10, {1, 256, 256});
  const auto bytes = test::peak_tensor_bytes([&] { test::computed(*loss, logits, labels).value.backward(); });
  EXPECT_LT(bytes, 10 * 256 * 256 * 4 / 5);
}

INSTANTIATE_TEST_SUITE_P(Losses, OfRegionSums, testing::Values("soft_iou", "iou_gap"), [](const auto& tested) { return std::string(tested.param); });

TEST(Lovasz, ByHand) {
  // Labels 1, 0 with p_1 = .8, .4. Class 1: errors .4 (not of the class), .2 (of it): J = 1/2, 1: .4 / 2 + .2 / 2 = .3.
  // Class 0: the same errors, .4 is of the class: J = 1, 1: .4. Mean .35.
  EXPECT_NEAR(outcome(options_of("lovasz"), two_class_logits({0.8, 0.4}), row_of_labels({1, 0})).value, 0.35, 1e-6);
}

TEST(Lovasz, EqualsPixelByPixelDouble) {
  const BatchWithoutOne batch;
  double present = 0;
  for (int c = 0; c < 4; ++c) present += naive_lovasz(batch.naive, c);
  EXPECT_NEAR(outcome(options_of("lovasz"), batch.logits, batch.labels).value, present / 4, 1e-6);
  LossOptions all = options_of("lovasz");
  all.lovasz.classes = RegionClasses::kAll;
  EXPECT_NEAR(outcome(all, batch.logits, batch.labels).value, (present + naive_lovasz(batch.naive, 4)) / 5, 1e-6);
}

TEST(Lovasz, IsOneMinusIouForCertainPredictions) {
  // Truth 0 0 1 1, predicted 0 1 1 1: IoU 1/2 and 2/3.
  const torch::Tensor logits = torch::tensor({40.0f, 0.0f, 0.0f, 0.0f, 0.0f, 40.0f, 40.0f, 40.0f}).view({1, 2, 1, 4});
  EXPECT_NEAR(outcome(options_of("lovasz"), logits, row_of_labels({0, 0, 1, 1})).value, 1 - (1.0 / 2 + 2.0 / 3) / 2, 1e-6);
}

TEST(SoftIou, IsTheJaccardMetricLossOnHardLabels) {
  torch::manual_seed(8);
  const BatchWithoutOne batch;
  double mean = 0;
  for (int c = 0; c < 4; ++c) mean += naive_jaccard_metric(batch.naive, c) / 4;
  EXPECT_NEAR(outcome(options_of("soft_iou"), batch.logits, batch.labels).value, 1 - mean, 1e-6);
}

}  // namespace
}  // namespace seg
