// The losses on several ranks: the shares of the ranks add up to the loss of the whole batch, value and gradient.
#include "support/ranks.hpp"

#include <gtest/gtest.h>

#include "losses/loss_registry.hpp"

namespace seg {
namespace {

constexpr std::int64_t kImages = 6, kClasses = 4;

LossContext context() {
  LossContext context{torch::kCPU, {"a", "b", "c", "d"}, ClassStatistics{}};
  context.statistics->pixels = {5000, 800, 100, 20};
  context.statistics->images = {10, 10, 8, 3};
  context.statistics->pixels_of_images = {6000, 6000, 5000, 2000};
  context.statistics->image_count = 10;
  return context;
}

struct Whole {
  torch::Tensor logits;
  torch::Tensor labels;
};

/// The classes differ from image to image, so that no two parts have the same recalls.
Whole whole_batch() {
  torch::manual_seed(3);
  const torch::Tensor logits = torch::randn({kImages, kClasses, 5, 7}) * 2;
  torch::Tensor labels = torch::randint(0, kClasses, {kImages, 20, 28}, torch::kInt64).to(torch::kUInt8);
  for (std::int64_t image = 0; image < kImages; ++image) labels[image].masked_fill_(labels[image].eq(image % kClasses), 255);
  labels[kImages - 1].fill_(255);  // a part without a pixel where each rank has one image
  return {logits, labels};
}

struct Result {
  double value;
  double cross_entropy;
  torch::Tensor gradient;
};

/// Of the images first to first + count.
Result compute(Loss& loss, const Whole& whole, std::int64_t first, std::int64_t count, const Communicator& ranks) {
  const torch::Tensor logits = whole.logits.narrow(0, first, count).clone().requires_grad_();
  const LossInput batch(logits, whole.labels.narrow(0, first, count), false, ranks, loss.regions());
  const torch::Tensor value = loss.compute(batch).value;
  value.backward();
  return {value.item<double>(), batch.mean_cross_entropy().item<double>(), logits.grad()};
}

LossOptions loss_options(const std::string& type) {
  LossOptions options;
  options.type = type;
  options.ohem.min_kept = 1;
  options.sum = {{"ce", 0.25}, {"soft_iou", 0.75}};
  return options;
}

/// |whole gradient - the ranks' own| / |whole gradient|, and likewise of the value.
struct Differences {
  double gradient;
  double value;
};

Differences differences(const LossOptions& options, std::int64_t count) {
  const Whole whole = whole_batch();
  const Result expected = compute(*build_loss(options, context()), whole, 0, kImages, {});
  torch::Tensor gradient = torch::zeros_like(whole.logits);
  std::vector<double> values(static_cast<std::size_t>(count)), entropies(static_cast<std::size_t>(count));
  run_ranks(count, [&](const Communicator& ranks) {
    const auto loss = build_loss(options, context());
    const std::int64_t images = kImages / count, first = ranks.rank() * images;
    const Result part = compute(*loss, whole, first, images, ranks);
    gradient.narrow(0, first, images).copy_(part.gradient);
    values[static_cast<std::size_t>(ranks.rank())] = part.value;
    entropies[static_cast<std::size_t>(ranks.rank())] = part.cross_entropy;
  });
  double value = 0.0, entropy = 0.0;
  for (const double one : values) value += one;
  for (const double one : entropies) entropy += one;
  EXPECT_NEAR(entropy, expected.cross_entropy, 1e-9);
  return {(gradient - expected.gradient).norm().item<double>() / expected.gradient.norm().item<double>(), std::abs(value / expected.value - 1)};
}

class ExactLossTest : public testing::TestWithParam<std::string> {};

TEST_P(ExactLossTest, SharesAddUpToTheWholeBatch) {
  for (const std::int64_t count : {2, 3, 6}) {
    const Differences found = differences(loss_options(GetParam()), count);
    EXPECT_LT(found.gradient, 1e-6) << count << " ranks";
    EXPECT_LT(found.value, 1e-6) << count << " ranks";
  }
}

/// All but Lovasz, which is not exact.
std::vector<std::string> exact_losses() {
  std::vector<std::string> names = loss_names();
  std::erase(names, "lovasz");
  return names;
}

INSTANTIATE_TEST_SUITE_P(Losses, ExactLossTest, testing::ValuesIn(exact_losses()), [](const auto& test) { return test.param; });

TEST(RanksTest, WeightsByIouAreThoseOfTheWholeBatch) {
  LossOptions options = loss_options("ce");
  options.weighting = "iou";
  options.normalizer = LossNormalizer::kWeightSum;
  EXPECT_LT(differences(options, 3).gradient, 1e-6);
}

TEST(RanksTest, LocalRecallIsAnotherLoss) {
  LossOptions options = loss_options("recall");
  options.error_rate.scope = ErrorRateScope::kLocal;
  EXPECT_GT(differences(options, 3).gradient, 1e-2);
}

TEST(RanksTest, LovaszIsTheMeanOfTheParts) {
  const Whole whole = whole_batch();
  const LossOptions options = loss_options("lovasz");
  double expected = 0.0;
  for (const std::int64_t first : {0, 3}) expected += compute(*build_loss(options, context()), whole, first, 3, {}).value / 2;
  std::vector<double> values(2);
  run_ranks(2, [&](const Communicator& ranks) {
    values[static_cast<std::size_t>(ranks.rank())] = compute(*build_loss(options, context()), whole, ranks.rank() * 3, 3, ranks).value;
  });
  EXPECT_NEAR(values[0] + values[1], expected, 1e-6);
}

}  // namespace
}  // namespace seg
