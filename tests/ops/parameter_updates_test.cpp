#include "ops/parameter_updates.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "device/torch_compat.hpp"
#include "support/golden.hpp"

namespace seg {
namespace {

TEST(AdamUpdate, KernelEqualsReference) {
  torch::manual_seed(8);
  for (const bool strided : {false, true}) {
    const auto draw = [&] { return torch::randn({7, 3, 5, 3}).contiguous(strided ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous); };
    const torch::Tensor gradient = torch::randn({7, 3, 5, 3}), parameter = draw(), mean = draw(), square = draw().square();
    const torch::Tensor expected = parameter.clone(), expected_mean = mean.clone(), expected_square = square.clone();
    const AdamStep step{0.9, 0.99, 1e-6, 0.02, 0.4, 0.03, 0.01};
    cpu::adam_update(parameter, gradient, mean, square, step);
    reference::adam_update(expected, gradient, expected_mean, expected_square, step);
    EXPECT_LT(test::relative_difference(parameter, expected), 1e-6);
    EXPECT_LT(test::relative_difference(mean, expected_mean), 1e-6);
    EXPECT_LT(test::relative_difference(square, expected_square), 1e-6);
  }
}

/// Two tensors with three rounds of gradients behind them.
struct Updated {
  explicit Updated(std::size_t moment_count) {
    torch::manual_seed(9);
    for (const std::vector<std::int64_t>& sizes : {std::vector<std::int64_t>{4, 3}, std::vector<std::int64_t>{5}}) {
      update.parameters.push_back(torch::randn(sizes));
      update.gradients.push_back(torch::randn(sizes));
      update.steps.push_back(torch::full({}, 3.0f));
    }
    for (std::size_t m = 0; m < moment_count; ++m) update.moments.push_back({torch::rand({4, 3}), torch::rand({5})});
    update.learning_rate = torch::full({}, 0.01, torch::kDouble);
    update.kept = torch::ones({}, torch::kBool);
    update.weight_decay = 0.1;
  }

  std::vector<torch::Tensor> tensors() const {
    std::vector<torch::Tensor> all = update.parameters;
    for (const auto& moment : update.moments) all.insert(all.end(), moment.begin(), moment.end());
    return all;
  }

  ParameterUpdate update;
};

/// Both ways give the same, and leave all alone where the update is not kept.
void expect_equal_ways(std::size_t moments, const std::function<void(const ParameterUpdate&)>& ours,
                       const std::function<void(const ParameterUpdate&)>& fused) {
  Updated first(moments), second(moments), untouched(moments), skipped(moments);
  ours(first.update);
  if (torch_compat::kHasFusedUpdates) fused(second.update);
  skipped.update.kept = torch::zeros({}, torch::kBool);
  ours(skipped.update);
  if (torch_compat::kHasFusedUpdates) fused(skipped.update);
  for (std::size_t i = 0; i < first.tensors().size(); ++i) {
    EXPECT_FALSE(first.tensors()[i].equal(untouched.tensors()[i])) << i;
    EXPECT_TRUE(skipped.tensors()[i].equal(untouched.tensors()[i])) << i;
    EXPECT_TRUE(!torch_compat::kHasFusedUpdates || torch::allclose(second.tensors()[i], first.tensors()[i], 1e-5, 1e-7)) << i;
  }
}

TEST(ParameterUpdates, FusedOnesAreOurs) {
  for (const bool decoupled : {false, true}) {
    const AdamRule rule{0.9, 0.99, 1e-6, decoupled};
    expect_equal_ways(
        2, [&](const auto& update) { adam_update(update, rule); },
        [&](const auto& u) {
          fused::adam_update(u.parameters, u.gradients, u.moments[0], u.moments[1], u.steps, u.learning_rate, u.kept, u.weight_decay, rule.beta1,
                             rule.beta2, rule.eps, rule.decoupled_decay);
        });
  }
  for (const SgdRule rule : {SgdRule{0.9, false}, SgdRule{0.9, true}, SgdRule{0.0, false}})
    expect_equal_ways(
        rule.momentum > 0 ? 1 : 0, [&](const auto& update) { sgd_update(update, rule); },
        [&](const auto& u) {
          const at::TensorList buffers = u.moments.empty() ? at::TensorList() : at::TensorList(u.moments[0]);
          fused::sgd_update(u.parameters, u.gradients, buffers, u.learning_rate, u.kept, u.weight_decay, rule.momentum, rule.nesterov);
        });
}

TEST(ParameterUpdates, FusedAveragesAndFactorsAreOurs) {
  const auto of_numbers = [](double a, double b) {
    return std::vector<torch::Tensor>{torch::full({2}, a, torch::kFloat), torch::full({3}, b, torch::kFloat)};
  };
  const torch::Tensor decay = torch::full({}, 0.75, torch::kDouble), kept = torch::ones({}, torch::kBool);
  for (const bool by_fused : {false, true}) {
    if (by_fused && !torch_compat::kHasFusedUpdates) continue;
    const std::vector<torch::Tensor> averages = of_numbers(4, -2), values = of_numbers(8, 2);
    const auto average = [&](const torch::Tensor& wanted) {
      by_fused ? fused::average_update(averages, values, decay, wanted) : average_update(averages, values, decay, wanted);
    };
    average(kept.logical_not());
    EXPECT_EQ(averages[0][0].item<float>(), 4.0f);
    average(kept);
    EXPECT_FLOAT_EQ(averages[0][0].item<float>(), 5.0f);
    EXPECT_FLOAT_EQ(averages[1][2].item<float>(), -1.0f);
    by_fused ? fused::scale_all(averages, decay) : scale_all(averages, decay);
    EXPECT_FLOAT_EQ(averages[0][1].item<float>(), 3.75f);
  }
}

}  // namespace
}  // namespace seg
