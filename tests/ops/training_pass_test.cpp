// Layers that see a part of a batch do what they would do to the whole: dropout by place, batch norm by the statistics of all ranks.
#include "ops/training_pass.hpp"

#include <gtest/gtest.h>

#include <mutex>

#include "base/error.hpp"
#include "ops/batch_norm.hpp"
#include "ops/cpu/elements.hpp"
#include "ops/drop_out.hpp"
#include "support/ranks.hpp"

namespace seg {
namespace {

TEST(TrainingPass, DropOutIsByThePlaceInTheWholeBatch) {
  // Parts of 70,000 elements: no multiple of the blocks that share a key.
  const torch::Tensor whole = torch::ones({3, 7, 100, 100}).contiguous(torch::MemoryFormat::ChannelsLast);
  const torch::Tensor seed = torch::full({1}, 5, torch::kInt64);
  const torch::Tensor expected = [&] {
    const TrainingPassScope scope({.seed = seed});
    return drop_out(whole, 0.3, true);
  }();
  run_ranks(3, [&](const Communicator& ranks) {
    const TrainingPassScope scope({ranks, false, seed});
    const torch::Tensor part = whole.narrow(0, ranks.rank(), 1).clone().requires_grad_();
    const torch::Tensor dropped = drop_out(part, 0.3, true);
    EXPECT_TRUE(torch::equal(dropped, expected.narrow(0, ranks.rank(), 1)));
    dropped.sum().backward();
    EXPECT_TRUE(torch::equal(part.grad(), dropped.detach()));
  });
}

TEST(TrainingPass, ARunOfADropOutBlockIsItsMiddle) {
  const std::vector<float> ones(100, 1.0f);
  std::vector<float> whole(100), middle(40);
  cpu::drop_out(ones.data(), {0, 100}, 99, {1u << 31, 2.0f}, whole.data());
  cpu::drop_out(ones.data(), {30, 40}, 99, {1u << 31, 2.0f}, middle.data());
  EXPECT_TRUE(std::equal(middle.begin(), middle.end(), whole.begin() + 30));
}

struct NormedPart {
  torch::Tensor y, x_gradient, weight_gradient, bias_gradient, residual_gradient, running_mean, running_variance;
};

NormedPart normed_part(const torch::Tensor& given_x, const torch::Tensor& given_residual, const torch::Tensor& y_gradient) {
  const torch::Tensor x = given_x.clone().requires_grad_(), residual = given_residual.clone().requires_grad_();
  const BatchNorm norm{torch::linspace(0.5, 1.5, 5).requires_grad_(), torch::linspace(-1, 1, 5).requires_grad_(), torch::zeros({5}),
                       torch::ones({5})};
  const torch::Tensor y = batch_norm(x, norm, {residual, true}, true);
  y.backward(y_gradient);
  return {y.detach(), x.grad(), norm.weight.grad(), norm.bias.grad(), residual.grad(), norm.running_mean, norm.running_variance};
}

TEST(TrainingPass, SynchronizedBatchNormIsThatOfTheWholeBatch) {
  torch::manual_seed(7);
  // Images of different brightness: their own statistics would be far off.
  const torch::Tensor x = torch::randn({4, 5, 6, 9}) * 2 + torch::arange(4).view({4, 1, 1, 1}) * 3 + 10;
  const torch::Tensor residual = torch::randn_like(x), gradient = torch::randn_like(x);
  const NormedPart whole = normed_part(x, residual, gradient);
  for (const bool synchronized : {true, false}) {
    std::mutex adding;
    torch::Tensor weight = torch::zeros({5}), bias = torch::zeros({5});
    run_ranks(2, [&](const Communicator& ranks) {
      const TrainingPass own{ranks, synchronized};
      const auto part = [&](const torch::Tensor& tensor) { return tensor.narrow(0, 2 * ranks.rank(), 2); };
      const auto close = [&](const torch::Tensor& found, const torch::Tensor& expected) { return torch::allclose(found, expected, 1e-5, 1e-5); };
      NormedPart found;
      {
        const TrainingPassScope scope(own);
        found = normed_part(part(x), part(residual), part(gradient));
      }
      const std::lock_guard lock(adding);
      EXPECT_EQ(close(found.y, part(whole.y)), synchronized);
      EXPECT_EQ(close(found.x_gradient, part(whole.x_gradient)), synchronized);
      EXPECT_EQ(close(found.running_mean, whole.running_mean), synchronized);
      EXPECT_EQ(close(found.running_variance, whole.running_variance), synchronized);
      EXPECT_TRUE(!synchronized || close(found.residual_gradient, part(whole.residual_gradient)));
      weight += found.weight_gradient;
      bias += found.bias_gradient;
    });
    EXPECT_EQ(torch::allclose(weight, whole.weight_gradient, 1e-4, 1e-4), synchronized);
    EXPECT_TRUE(!synchronized || torch::allclose(bias, whole.bias_gradient, 1e-4, 1e-4));
  }
}

TEST(TrainingPass, WhatHasNoKernelIsNotSynchronized) {
  run_ranks(2, [](const Communicator& ranks) {
    const TrainingPassScope scope({ranks, true});
    const torch::Tensor ones = torch::ones({3}, torch::kDouble);
    const BatchNorm norm{ones, ones, torch::zeros({3}, torch::kDouble), ones.clone()};
    EXPECT_THROW(batch_norm(torch::ones({2, 3, 4, 4}, torch::kDouble), norm, {}, true), Error);
  });
}

}  // namespace
}  // namespace seg
