#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <thread>

#include "bench/counts.hpp"
#include "ops/batch_norm.hpp"

namespace seg {
namespace {

constexpr std::int64_t kBytes = 100 * 4;  // of 100 float32 values

torch::Tensor values() { return torch::ones({100}); }

TEST(Traffic, IsWhatAnOperationReadsAndWrites) {
  const torch::Tensor a = values(), b = values();
  EXPECT_EQ(count_traffic([&] { at::add(a, b); }), 3 * kBytes);
  EXPECT_EQ(count_traffic([&] { at::add(a, b).relu(); }), 5 * kBytes);
}

TEST(Traffic, OfAnOperationInPlaceIsBothWays) {
  const torch::Tensor a = values(), b = values();
  EXPECT_EQ(count_traffic([&] { a.add_(b); }), 3 * kBytes);  // reads both, writes one
  EXPECT_EQ(count_traffic([&] { at::_foreach_add_(std::vector<torch::Tensor>{a, b}, 1); }), 4 * kBytes);
}

TEST(Traffic, OfAViewAndOfMemoryAloneIsNone) {
  const torch::Tensor a = values();
  EXPECT_EQ(count_traffic([&] { a.view({10, 10}).t().narrow(0, 2, 3); }), 0);
  EXPECT_EQ(count_traffic([&] { at::empty_like(a); }), 0);
  EXPECT_EQ(count_traffic([&] { a.contiguous(); }), 0);
}

TEST(Traffic, OfRepeatedValuesIsThatOfOne) {
  const torch::Tensor a = torch::ones({10, 1}).expand({10, 1000});
  EXPECT_EQ(count_traffic([&] { a.sum(); }), 10 * 4 + 4);
}

TEST(Traffic, OfOurKernelsIsCountedInForwardAndBackward) {
  const torch::Tensor x = torch::randn({2, 8, 5, 5}).contiguous(at::MemoryFormat::ChannelsLast).requires_grad_(), ones = torch::ones({8});
  const BatchNorm norm{torch::ones({8}), torch::zeros({8}), torch::zeros({8}), torch::ones({8})};
  const torch::Tensor gradient = torch::randn_like(x.detach());
  torch::Tensor y;
  const auto bytes = static_cast<std::int64_t>(x.nbytes());
  const std::int64_t forward = count_traffic([&] { y = batch_norm(x, norm, {{}, true}, true); });
  EXPECT_GE(forward, 3 * bytes);  // statistics read x before
  EXPECT_LE(forward, 4 * bytes);
  const std::int64_t backward = count_traffic([&] { y.backward(gradient); });
  EXPECT_GE(backward, 3 * bytes);  // reads x and the gradient, writes one
  EXPECT_LE(backward, 6 * bytes);
}

TEST(Traffic, IsThatOfAllThreadsAndOfNothingOutside) {
  const torch::Tensor a = values(), b = values();
  at::add(a, b);
  EXPECT_EQ(count_traffic([&] { std::jthread([&] { at::add(a, b); }); }), 3 * kBytes);
  EXPECT_EQ(count_traffic([] {}), 0);
}

}  // namespace
}  // namespace seg
