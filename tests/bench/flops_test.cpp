#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "bench/counts.hpp"
#include "device/compute.hpp"

namespace seg {
namespace {

using testing::ElementsAre;

// 8x8 pixels; 3 -> 4 channels 3x3 with stride 2, 4 -> 6 channels 1x1, then a matrix product of 6 -> 5.
constexpr double kFirst = 2.0 * 2 * 4 * 4 * 4 * (3 * 3 * 3);
constexpr double kSecond = 2.0 * 2 * 6 * 4 * 4 * 4;
constexpr double kThird = 2.0 * 2 * 5 * 6;

void forward() {
  const torch::Tensor images = torch::rand({2, 3, 8, 8});
  const torch::Tensor a = at::conv2d(images, torch::rand({4, 3, 3, 3}).requires_grad_(), {}, 2, 1).relu();
  const torch::Tensor b = at::conv2d(a, torch::rand({6, 4, 1, 1}).requires_grad_());
  at::linear(b.mean({2, 3}), torch::rand({5, 6}).requires_grad_());
}

TEST(Flops, AreThoseCountedByHand) { EXPECT_THAT(count_flops(forward).products, ElementsAre(kFirst, kSecond, kThird)); }

TEST(Flops, OfMixedPrecisionAreTheSame) {
  const PrecisionScope precision(torch::kCPU, torch::kBFloat16);
  EXPECT_THAT(count_flops(forward).products, ElementsAre(kFirst, kSecond, kThird));
}

TEST(Flops, OfTrainingLeaveOutTheGradientOfTheImages) { EXPECT_EQ(count_flops(forward).training(), 2 * kFirst + 3 * kSecond + 3 * kThird); }

TEST(Flops, OfAGroupedConvolutionCountItsOwnChannels) {
  const auto grouped = [] { at::conv2d(torch::rand({1, 4, 5, 5}), torch::rand({8, 2, 3, 3}), {}, 1, 1, 1, /*groups=*/2); };
  EXPECT_EQ(count_flops(grouped).forward(), 2.0 * 8 * 25 * (2 * 9));
}

TEST(Flops, AreNotCountedOutside) {
  count_flops([] {});
  forward();
  EXPECT_TRUE(count_flops([] {}).products.empty());
}

TEST(Convolutions, AreSeenOnceAsTheNetworkAsksForThem) {
  const torch::Tensor weight = torch::rand({16, 16, 3, 3}).requires_grad_();
  const auto asked = observe_convolutions([&] {
    const PrecisionScope precision(torch::kCPU, torch::kBFloat16);
    conv2d(conv2d(torch::rand({1, 16, 9, 8}), weight, {1, 2, 2}), weight, {2, 1, 1});
    at::conv2d(torch::rand({1, 16, 9, 8}), torch::rand({5, 16, 1, 1}), torch::rand({5}));
  });
  const std::vector<std::int64_t> x{1, 16, 9, 8}, shape{16, 16, 3, 3};
  EXPECT_THAT(asked, ElementsAre(Convolution{x, shape, {1, 2, 2}, false}, Convolution{x, shape, {2, 1, 1}, true},
                                 Convolution{x, {5, 16, 1, 1}, {1, 0, 1}, false}));
}

}  // namespace
}  // namespace seg
