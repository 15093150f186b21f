#include "ops/adam.hpp"

#include <gtest/gtest.h>

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
    adam_update(parameter, gradient, mean, square, step);
    reference::adam_update(expected, gradient, expected_mean, expected_square, step);
    EXPECT_LT(test::relative_difference(parameter, expected), 1e-6);
    EXPECT_LT(test::relative_difference(mean, expected_mean), 1e-6);
    EXPECT_LT(test::relative_difference(square, expected_square), 1e-6);
  }
}

}  // namespace
}  // namespace seg
