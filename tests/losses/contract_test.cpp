// What every loss and every weighting in the registries must do; a new entry is tested here without a line of its own.
#include <algorithm>

#include "base/error.hpp"
#include "losses/class_weighting/weighting_registry.hpp"
#include "losses/loss_fixture.hpp"
#include "support/operations.hpp"

namespace seg {
namespace {

using test::context_of;
using test::labels_of;
using test::options_of;
using test::outcome;

class EveryLoss : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { torch::manual_seed(11); }
  LossOptions options() const { return options_of(GetParam()); }
};

TEST_P(EveryLoss, BuildsFromDefaults) {
  LossOptions defaults;
  defaults.type = GetParam();
  EXPECT_NE(build_loss(defaults, context_of(4)), nullptr);
}

TEST_P(EveryLoss, GivesAScalarAndAGradientOfTheLogitsShape) {
  for (const bool channels_last : {false, true}) {
    const auto format = channels_last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
    const torch::Tensor logits = torch::randn({2, 4, 5, 6}).contiguous(format);
    const test::Outcome result = outcome(options(), logits, labels_of(4, {2, 17, 23}));
    EXPECT_TRUE(std::isfinite(result.value));
    EXPECT_EQ(result.gradient.sizes(), logits.sizes());
    EXPECT_TRUE(result.gradient.isfinite().all().item<bool>());
    EXPECT_GT(result.gradient.abs().max().item<double>(), 0);
  }
}

TEST_P(EveryLoss, IgnoredPixelsAreInert) {
  const torch::Tensor logits = torch::randn({2, 4, 9, 10}), labels = labels_of(4, {2, 9, 10});
  const torch::Tensor ignored = labels.eq(255).unsqueeze(1).expand_as(logits);
  const test::Outcome before = outcome(options(), logits, labels);
  const test::Outcome after = outcome(options(), torch::where(ignored, torch::randn_like(logits) * 20, logits), labels);
  EXPECT_EQ(before.value, after.value);
  EXPECT_TRUE(before.gradient.allclose(after.gradient, 1e-6, 1e-9));
  EXPECT_EQ(after.gradient.masked_select(ignored).abs().max().item<double>(), 0);
}

TEST_P(EveryLoss, AllIgnoredGivesZeroWithZeroGradient) {
  const test::Outcome result = outcome(options(), torch::randn({2, 4, 5, 6}), torch::full({2, 20, 20}, 255, torch::kByte));
  EXPECT_EQ(result.value, 0);
  EXPECT_EQ(result.cross_entropy, 0);
  ASSERT_TRUE(result.gradient.defined());
  EXPECT_EQ(result.gradient.abs().max().item<double>(), 0);
}

TEST_P(EveryLoss, IsFiniteForHugeLogits) {
  for (const double size : {1.0, -1.0}) {
    const torch::Tensor logits = torch::randn({1, 4, 4, 4}).sign() * 1e4 * size;
    const test::Outcome result = outcome(options(), logits, labels_of(4, {1, 11, 13}));
    EXPECT_TRUE(std::isfinite(result.value));
    EXPECT_TRUE(result.gradient.isfinite().all().item<bool>());
  }
}

TEST_P(EveryLoss, NamesALabelOutOfRange) {
  try {
    outcome(options(), torch::randn({1, 4, 3, 3}), torch::full({1, 3, 3}, 4, torch::kByte));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kData);
    EXPECT_THAT(error.what(), testing::HasSubstr("label 4 in a batch of 4 classes"));
  }
}

TEST_P(EveryLoss, TakesBfloat16) {
  const torch::Tensor logits = torch::randn({1, 4, 5, 6}).to(torch::kBFloat16), labels = labels_of(4, {1, 20, 24});
  const test::Outcome half = outcome(options(), logits, labels), full = outcome(options(), logits.to(torch::kFloat), labels);
  EXPECT_NEAR(half.value, full.value, 1e-6);
  EXPECT_EQ(half.gradient.scalar_type(), torch::kBFloat16);
}

TEST_P(EveryLoss, GradientIsTheFiniteDifference) {
  // Well separated scores: a step must not move the arg-max, nor an error past another, nor a pixel over OHEM's threshold.
  const torch::Tensor logits = (torch::randperm(60).to(torch::kFloat) * 0.1 - 3).view({1, 3, 4, 5});
  const torch::Tensor labels = labels_of(3, {1, 4, 5});
  LossOptions tested = options();
  tested.ohem.threshold = 0.6;
  const torch::Tensor difference = test::finite_difference(tested, logits, labels, 5e-3);
  EXPECT_LT(test::relative_difference(outcome(tested, logits, labels).gradient, difference), 5e-3);
}

TEST_P(EveryLoss, StateGoesThroughLoad) {
  LossOptions smoothed = options();
  smoothed.error_rate.momentum = 0.9;
  smoothed.sum = {{"recall", 1.0}, {"ce", 0.5}};
  const torch::Tensor logits = torch::randn({1, 4, 5, 6}), labels = labels_of(4, {1, 20, 24});
  const auto first = build_loss(smoothed, context_of(4)), second = build_loss(smoothed, context_of(4));
  test::computed(*first, torch::randn({1, 4, 5, 6}), labels);
  second->load(first->state());
  EXPECT_EQ(outcome(*first, logits, labels).value, outcome(*second, logits, labels).value);
}

// A device that holds no values stands for one that is not there.
TEST_P(EveryLoss, KeepsItsStateOnTheDeviceItIsBuiltFor) {
  LossOptions smoothed = options();
  smoothed.error_rate.momentum = 0.9;
  smoothed.sum = {{"recall", 1.0}, {"ce", 0.5}};
  const auto there = build_loss(smoothed, context_of(4, torch::kMeta));
  for (const auto& [name, tensor] : there->state()) EXPECT_TRUE(tensor.is_meta()) << name;
  there->load(build_loss(smoothed, context_of(4))->state());
  for (const auto& [name, tensor] : there->state()) EXPECT_TRUE(tensor.is_meta()) << name << ", loaded";
}

/// Whatever a device would have to be waited for: the size of what these give is in the data.
TEST_P(EveryLoss, DoesNotAskHowManyPixelsCount) {
  const torch::Tensor logits = torch::randn({2, 4, 5, 6}).requires_grad_(true), labels = labels_of(4, {2, 20, 24});
  const auto loss = build_loss(options(), context_of(4));
  const std::vector<std::string> operations = test::operations_of([&] { test::computed(*loss, logits, labels).value.backward(); });
  EXPECT_THAT(operations, testing::Not(testing::Contains(testing::AnyOf("aten::masked_select", "aten::nonzero"))));
}

INSTANTIATE_TEST_SUITE_P(Losses, EveryLoss, testing::ValuesIn(loss_names()), [](const auto& tested) { return tested.param; });

class EveryWeighting : public testing::TestWithParam<std::string> {};

TEST_P(EveryWeighting, GivesFiniteWeights) {
  const Weighting weighting = build_weighting(GetParam(), {}, context_of(4));
  const torch::Tensor weights = weighting.classes->weights(test::sums_of({10, 0, 5, 1}, {3, 0, 5, 0}));
  EXPECT_EQ(weights.scalar_type(), torch::kDouble);
  EXPECT_EQ(weights.sizes(), torch::IntArrayRef({4}));
  EXPECT_TRUE(weights.isfinite().logical_and(weights.ge(0)).all().item<bool>());
}

TEST_P(EveryWeighting, WeighsOnTheDeviceItIsBuiltFor) {
  const Weighting weighting = build_weighting(GetParam(), {}, context_of(4, torch::kMeta));
  const torch::Tensor counts = torch::empty({4}, torch::dtype(torch::kLong).device(torch::kMeta));
  EXPECT_TRUE(weighting.classes->weights({{}, counts, counts, counts}).is_meta());
}

TEST_P(EveryWeighting, KeepsItsStateOnTheDeviceItIsBuiltFor) {
  LossOptions smoothed;
  smoothed.error_rate.momentum = 0.9;
  const Weighting there = build_weighting(GetParam(), smoothed, context_of(4, torch::kMeta));
  for (const auto& [name, tensor] : there.classes->state()) EXPECT_TRUE(tensor.is_meta()) << name;
}

TEST_P(EveryWeighting, StateGivenOutStaysAsItWas) {
  LossOptions smoothed;
  smoothed.error_rate.momentum = 0.9;
  const Weighting weighting = build_weighting(GetParam(), smoothed, context_of(2));
  weighting.classes->weights(test::sums_of({10, 0}, {3, 0}));
  const State before = weighting.classes->state();
  State copy;
  for (const auto& [name, tensor] : before) copy[name] = tensor.clone();
  weighting.classes->weights(test::sums_of({10, 5}, {1, 5}));
  for (const auto& [name, tensor] : before) EXPECT_TRUE(tensor.equal(copy.at(name))) << name;
}

TEST_P(EveryWeighting, ServesCrossEntropyFocalAndOhem) {
  torch::manual_seed(5);
  for (const char* type : {"ce", "focal", "ohem"}) {
    LossOptions options = options_of(type);
    options.weighting = GetParam();
    const test::Outcome result = outcome(options, torch::randn({1, 4, 5, 6}), labels_of(4, {1, 20, 24}));
    EXPECT_GT(result.value, 0) << type;
    EXPECT_TRUE(result.gradient.isfinite().all().item<bool>()) << type;
  }
}

INSTANTIATE_TEST_SUITE_P(Weightings, EveryWeighting, testing::ValuesIn(weighting_names()), [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace seg
