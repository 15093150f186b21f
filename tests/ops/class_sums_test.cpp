#include "ops/class_sums.hpp"

#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>

#include <cmath>

#include "base/error.hpp"
#include "support/golden.hpp"
#include "support/naive_loss.hpp"
#include "support/sums_shapes.hpp"
#include "support/tensor_bytes.hpp"

namespace seg {
namespace {

using test::loss_of;
using test::random_labels;
using test::relative_difference;
using Shape = test::SumsShape;

struct Summed {
  ClassSums sums;
  torch::Tensor gradient;
};

template <class Function>
Summed summed(const Function& function, const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners,
              Regions regions = Regions::kNo) {
  torch::Tensor leaf = logits.detach().clone().requires_grad_(true);
  const ClassSums sums = function(leaf, labels, align_corners, regions);
  loss_of(sums).backward();
  return {sums, leaf.grad()};
}

class Shapes : public testing::TestWithParam<std::tuple<Shape, bool>> {};

TEST_P(Shapes, KernelEqualsReference) {
  const auto [shape, align_corners] = GetParam();
  torch::manual_seed(7);
  const torch::Tensor logits = torch::randn({shape.batch, shape.classes, shape.in_height, shape.in_width}) * 3;
  const torch::Tensor labels = random_labels(shape);
  for (const auto format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
    const Summed kernel = summed(class_sums, logits.contiguous(format), labels, align_corners);
    const Summed reference = summed(reference::class_sums, logits, labels, align_corners);
    EXPECT_LT(relative_difference(kernel.sums.cross_entropy, reference.sums.cross_entropy), 1e-6);
    EXPECT_LT(relative_difference(kernel.gradient, reference.gradient), 1e-5);
    EXPECT_TRUE(kernel.sums.pixels.equal(reference.sums.pixels));
    EXPECT_TRUE(kernel.sums.false_negatives.equal(reference.sums.false_negatives));
    EXPECT_TRUE(kernel.sums.predicted.equal(reference.sums.predicted));
  }
}

TEST_P(Shapes, RegionsEqualReference) {
  const auto [shape, align_corners] = GetParam();
  torch::manual_seed(8);
  const torch::Tensor logits = torch::randn({shape.batch, shape.classes, shape.in_height, shape.in_width}) * 3;
  const torch::Tensor labels = random_labels(shape);
  const Summed kernel = summed(class_sums, logits, labels, align_corners, Regions::kYes);
  const Summed reference = summed(reference::class_sums, logits, labels, align_corners, Regions::kYes);
  EXPECT_LT(relative_difference(kernel.sums.probability, reference.sums.probability), 1e-6);
  EXPECT_LT(relative_difference(kernel.sums.true_probability, reference.sums.true_probability), 1e-6);
  EXPECT_LT(relative_difference(kernel.gradient, reference.gradient), 1e-5);
  const ClassSums alone = class_sums(logits, labels, align_corners);
  EXPECT_FALSE(alone.probability.defined() || alone.true_probability.defined());
  EXPECT_TRUE(kernel.sums.cross_entropy.equal(alone.cross_entropy));
  EXPECT_TRUE(kernel.sums.pixels.equal(alone.pixels));
  EXPECT_TRUE(kernel.sums.false_negatives.equal(alone.false_negatives));
  EXPECT_TRUE(kernel.sums.predicted.equal(alone.predicted));
}

INSTANTIATE_TEST_SUITE_P(ClassSums, Shapes, testing::Combine(testing::ValuesIn(test::kSumsShapes), testing::Bool()));

// Forward and backward may take a few times the low-resolution logits, never a tensor of N x K x H x W.
TEST(ClassSums, NeedsNoFullSizeTensor) {
  const Shape shape{2, 19, 49, 49, 769, 769};
  const torch::Tensor logits = torch::randn({2, 19, 49, 49}).requires_grad_(true);
  const torch::Tensor labels = random_labels(shape);
  const std::int64_t full_size = 2LL * 19 * 769 * 769 * 4;
  const auto step = [&](const auto& function) {
    return test::peak_tensor_bytes([&] { loss_of(function(logits, labels, false, Regions::kYes)).backward(); });
  };
  EXPECT_LT(step(class_sums), full_size / 10);
  EXPECT_GT(step(reference::class_sums), 2 * full_size);  // what watching finds where such tensors exist
}

TEST(ClassSums, EqualsPixelByPixelDouble) {
  torch::manual_seed(1);
  const torch::Tensor logits = torch::randn({2, 6, 11, 19}) * 4;
  const torch::Tensor labels = random_labels({2, 6, 11, 19, 11, 19});
  const test::NaiveBatch naive(logits, labels);
  const ClassSums sums = class_sums(logits, labels, false, Regions::kYes);
  EXPECT_LT(relative_difference(sums.cross_entropy, torch::tensor(naive.entropies(), torch::kDouble)), 1e-6);
  EXPECT_EQ(relative_difference(sums.pixels, torch::tensor(naive.counts(), torch::kDouble)), 0);
  EXPECT_EQ(relative_difference(sums.false_negatives, torch::tensor(naive.misses(), torch::kDouble)), 0);
  std::vector<double> probability(6, 0.0), of_truth(6, 0.0);
  for (const auto& pixel : naive.pixels) {
    const auto truth = static_cast<std::size_t>(pixel.truth);
    for (std::size_t c = 0; c < 6; ++c) probability[c] += pixel.probabilities[c];
    of_truth[truth] += pixel.probabilities[truth];
  }
  EXPECT_LT(relative_difference(sums.probability, torch::tensor(probability, torch::kDouble)), 1e-6);
  EXPECT_LT(relative_difference(sums.true_probability, torch::tensor(of_truth, torch::kDouble)), 1e-6);
}

TEST(ClassSums, ReferenceGradientIsTheFiniteDifference) {
  torch::manual_seed(2);
  const torch::Tensor logits = torch::randn({1, 3, 2, 3}, torch::kDouble);
  const torch::Tensor labels = random_labels({1, 3, 2, 3, 7, 8});
  const torch::Tensor gradient = summed(class_sums, logits, labels, false, Regions::kYes).gradient;
  for (std::int64_t i = 0; i < logits.numel(); ++i) {
    const auto value = [&](double step) {
      torch::Tensor moved = logits.clone();
      moved.view(-1)[i] += step;
      return loss_of(class_sums(moved, labels, false, Regions::kYes)).item<double>();
    };
    EXPECT_NEAR((value(1e-5) - value(-1e-5)) / 2e-5, gradient.flatten()[i].item<double>(), 1e-7);
  }
}

TEST(ClassSums, ByHand) {
  // Two pixels, two classes: scores (0, ln 3) give p = (1/4, 3/4).
  const torch::Tensor logits = torch::tensor({0.0f, 0.0f, std::log(3.0f), std::log(3.0f)}).view({1, 2, 1, 2});
  const torch::Tensor labels = torch::tensor({0, 1}).to(torch::kByte).view({1, 1, 2});
  const ClassSums sums = class_sums(logits, labels, false, Regions::kYes);
  EXPECT_NEAR(sums.cross_entropy[0].item<double>(), std::log(4.0), 1e-6);
  EXPECT_NEAR(sums.cross_entropy[1].item<double>(), std::log(4.0 / 3.0), 1e-6);
  EXPECT_EQ(sums.false_negatives[0].item<int>(), 1);
  EXPECT_EQ(sums.false_negatives[1].item<int>(), 0);
  EXPECT_TRUE(sums.probability.allclose(torch::tensor({0.5, 1.5}, torch::kDouble), 0, 1e-6)) << sums.probability;
  EXPECT_TRUE(sums.true_probability.allclose(torch::tensor({0.25, 0.75}, torch::kDouble), 0, 1e-6)) << sums.true_probability;
}

TEST(ClassSums, SameBitsForEveryThreadCount) {
  torch::manual_seed(3);
  const Shape shape{2, 6, 12, 12, 70, 45};
  const torch::Tensor logits = torch::randn({2, 6, 12, 12}), labels = random_labels(shape);
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const Summed one = summed(class_sums, logits, labels, true, Regions::kYes);
  at::set_num_threads(3);
  const Summed three = summed(class_sums, logits, labels, true, Regions::kYes);
  at::set_num_threads(before);
  EXPECT_TRUE(one.sums.cross_entropy.equal(three.sums.cross_entropy));
  EXPECT_TRUE(one.sums.probability.equal(three.sums.probability));
  EXPECT_TRUE(one.sums.true_probability.equal(three.sums.true_probability));
  EXPECT_TRUE(one.gradient.equal(three.gradient));
}

// Other programs call it by its name, without the checks of seg::class_sums.
TEST(ClassSums, TheOperatorRefusesWhatIsNoClass) {
  const auto op = c10::Dispatcher::singleton().findSchemaOrThrow("seg::class_sums", "");
  const torch::Tensor labels = torch::zeros({1, 4, 4}, torch::kByte);
  labels[0][1][2] = 3;
  for (const auto type : {torch::kFloat, torch::kBFloat16, torch::kDouble}) {
    for (const bool differentiable : {false, true}) {
      torch::jit::Stack stack{torch::zeros({1, 3, 2, 2}, type).requires_grad_(differentiable), labels, false, false};
      EXPECT_THROW(op.callBoxed(&stack), std::exception) << type;
    }
  }
}

TEST(ClassSums, TiesGoToTheLowestClass) {
  const torch::Tensor labels = torch::tensor({0, 1, 2}).to(torch::kByte).view({1, 1, 3});
  const ClassSums sums = class_sums(torch::zeros({1, 3, 1, 3}), labels, false);
  EXPECT_TRUE(sums.false_negatives.equal(torch::tensor({0, 1, 1}, torch::kLong)));
  EXPECT_TRUE(sums.predicted.equal(torch::tensor({3, 0, 0}, torch::kLong)));
}

TEST(ClassSums, FiniteForLargeLogits) {
  torch::manual_seed(4);
  const torch::Tensor logits = torch::randn({1, 4, 5, 5}).sign() * 1e4;
  const torch::Tensor labels = random_labels({1, 4, 5, 5, 20, 20});
  const Summed kernel = summed(class_sums, logits, labels, false, Regions::kYes);
  const Summed reference = summed(reference::class_sums, logits, labels, false, Regions::kYes);
  EXPECT_TRUE(kernel.gradient.isfinite().all().item<bool>());
  EXPECT_LT(relative_difference(kernel.sums.probability, reference.sums.probability), 1e-6);
  EXPECT_LT(relative_difference(kernel.sums.cross_entropy, reference.sums.cross_entropy), 1e-6);
}

TEST(ClassSums, NotANumberIsNotHidden) {
  torch::Tensor logits = torch::zeros({1, 3, 2, 2});
  logits.view(-1)[8] = std::numeric_limits<float>::quiet_NaN();  // not the labels' class
  const ClassSums sums = class_sums(logits, torch::zeros({1, 2, 2}, torch::kByte), false);
  EXPECT_TRUE(sums.cross_entropy[0].isnan().item<bool>());
}

TEST(ClassSums, NotANumberIsInTheRegionsOfAllClassesUnlessItsPixelIsIgnored) {
  torch::Tensor logits = torch::zeros({1, 3, 2, 2}), labels = torch::zeros({1, 2, 2}, torch::kByte);
  logits.view(-1)[8] = std::numeric_limits<float>::quiet_NaN();  // of the first pixel
  for (const auto function : {class_sums, reference::class_sums}) {
    labels[0][0][0] = 0;
    const ClassSums counted = function(logits, labels, false, Regions::kYes);
    EXPECT_TRUE(counted.probability.isnan().all().item<bool>()) << counted.probability;
    EXPECT_TRUE(counted.true_probability[0].isnan().item<bool>()) << counted.true_probability;
    labels[0][0][0] = 255;
    const ClassSums ignored = function(logits, labels, false, Regions::kYes);
    EXPECT_TRUE(ignored.probability.allclose(torch::ones({3}, torch::kDouble))) << ignored.probability;
    EXPECT_TRUE(ignored.true_probability.allclose(torch::tensor({1.0, 0.0, 0.0}, torch::kDouble))) << ignored.true_probability;
  }
}

TEST(ClassSums, APixelWithANotANumberIsPredictedAsNothing) {
  const torch::Tensor labels = torch::ones({1, 3, 3}, torch::kByte);
  for (std::int64_t k = 0; k < 4; ++k) {
    torch::Tensor logits = torch::zeros({1, 4, 3, 3});
    logits.select(1, 1) += 1;  // the labels' class is the predicted one
    logits[0][k][0][0] = std::numeric_limits<float>::quiet_NaN();
    for (const auto function : {class_sums, reference::class_sums}) {
      const ClassSums sums = function(logits, labels, false, Regions::kNo);
      EXPECT_TRUE(sums.predicted.equal(torch::tensor({0, 8, 0, 0}, torch::kLong))) << k << ": " << sums.predicted;
      EXPECT_TRUE(sums.false_negatives.equal(torch::tensor({0, 1, 0, 0}, torch::kLong))) << k << ": " << sums.false_negatives;
    }
  }
}

TEST(ClassSums, TakesBfloat16AsItsFloatValues) {
  torch::manual_seed(5);
  const torch::Tensor logits = torch::randn({1, 4, 5, 5}).to(torch::kBFloat16);
  const torch::Tensor labels = random_labels({1, 4, 5, 5, 20, 20});
  const Summed half = summed(class_sums, logits, labels, false, Regions::kYes);
  const Summed full = summed(class_sums, logits.to(torch::kFloat), labels, false, Regions::kYes);
  EXPECT_TRUE(half.sums.cross_entropy.equal(full.sums.cross_entropy));
  EXPECT_EQ(half.gradient.scalar_type(), torch::kBFloat16);
  EXPECT_LT(relative_difference(half.gradient, full.gradient), 1e-2);
}

TEST(ClassSums, AllIgnoredGivesZeros) {
  const Summed result = summed(class_sums, torch::randn({2, 3, 4, 4}), torch::full({2, 16, 16}, 255, torch::kByte), false, Regions::kYes);
  EXPECT_EQ(result.sums.cross_entropy.abs().sum().item<double>(), 0);
  EXPECT_EQ(result.sums.probability.abs().sum().item<double>(), 0);
  EXPECT_EQ(result.gradient.abs().sum().item<double>(), 0);
}

TEST(ClassSums, TakesAnEmptyBatch) {
  const Summed result = summed(class_sums, torch::zeros({0, 3, 4, 4}), torch::zeros({0, 16, 16}, torch::kByte), false, Regions::kYes);
  EXPECT_EQ(result.sums.pixels.sum().item<int>(), 0);
  EXPECT_EQ(result.gradient.numel(), 0);
}

TEST(ClassSums, NamesALabelOutOfRange) {
  const torch::Tensor labels = torch::full({1, 2, 2}, 3, torch::kByte);
  try {
    class_sums(torch::zeros({1, 3, 2, 2}), labels, false);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kData);
    EXPECT_NE(std::string(error.what()).find("label 3"), std::string::npos);
  }
}

TEST(ClassSums, RefusesWrongShapes) {
  EXPECT_THROW(class_sums(torch::zeros({3, 2, 2}), torch::zeros({1, 2, 2}, torch::kByte), false), Error);
  EXPECT_THROW(class_sums(torch::zeros({1, 3, 2, 2}), torch::zeros({2, 2, 2}, torch::kByte), false), Error);
  EXPECT_THROW(class_sums(torch::zeros({1, 3, 2, 2}), torch::zeros({1, 2, 2}), false), Error);
}

class GoldenUpsample : public testing::TestWithParam<bool> {};

TEST_P(GoldenUpsample, MatchesPyTorch) {
  const test::Golden golden(GetParam() ? "upsample_ce_align_corners" : "upsample_ce_half_pixel");
  torch::Tensor logits = golden["logits"].requires_grad_(true);
  const ClassSums sums = class_sums(logits, golden["labels"], GetParam());
  const torch::Tensor loss = sums.cross_entropy.sum() / sums.pixels.sum();
  loss.backward();
  EXPECT_LT(relative_difference(loss.view(1), golden["loss"]), 1e-6);
  EXPECT_LT(relative_difference(logits.grad(), golden["grad"]), 1e-6);
}

INSTANTIATE_TEST_SUITE_P(ClassSums, GoldenUpsample, testing::Bool());

}  // namespace
}  // namespace seg
