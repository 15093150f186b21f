// What a GPU's threads compute, run on the CPU thread by thread; only launches and reductions are left to a GPU.
#include "ops/cuda/score_grid.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "ops/class_sums.hpp"
#include "ops/cuda/kernels.hpp"
#include "ops/normalize.hpp"
#include "ops/upsample.hpp"
#include "support/golden.hpp"
#include "support/host_grid.hpp"
#include "support/sums_shapes.hpp"

namespace seg {
namespace {

using cuda::ScoreGrid;
using test::HostGrid;
using test::random_labels;
using test::relative_difference;
using test::sums_gradient;
using test::SumsShape;

constexpr int kGroup = 4;

struct Result {
  ClassSums sums;
  torch::Tensor log_sums;
  torch::Tensor gradient;  // of test::loss_of
};

/// Forward by pixel.
template <class Value>
Result forward_by_pixel(const ScoreGrid<Value>& grid, const torch::Tensor& labels, Regions regions) {
  const auto counts = [&] { return torch::zeros({grid.classes}, torch::kLong); };
  const auto values = [&] { return torch::zeros({grid.classes}, torch::kDouble); };
  Result result{{values(), counts(), counts(), counts()}, torch::zeros(labels.sizes(), torch::kFloat), {}};
  if (regions == Regions::kYes) result.sums.probability = values(), result.sums.true_probability = values();
  for (std::int64_t pixel = 0; pixel < grid.pixels(); ++pixel) {
    const std::int32_t c = labels.data_ptr<std::uint8_t>()[pixel];
    if (c >= grid.classes) continue;
    const cuda::PixelSoftmax softmax = pixel_softmax(grid, pixel, c);
    result.log_sums.data_ptr<float>()[pixel] = softmax.log_sum;
    result.sums.cross_entropy.data_ptr<double>()[c] += softmax.entropy;
    ++result.sums.pixels.data_ptr<std::int64_t>()[c];
    if (softmax.found != c) ++result.sums.false_negatives.data_ptr<std::int64_t>()[c];
    if (softmax.found < grid.classes) ++result.sums.predicted.data_ptr<std::int64_t>()[softmax.found];
    for (std::int32_t first = 0; regions == Regions::kYes && first < grid.classes; first += kGroup) {
      cuda::GroupSums<kGroup> sums;
      add_probabilities(grid, pixel, c, softmax.log_sum, first, sums);
      for (std::int32_t k = first; k < std::min(first + kGroup, grid.classes); ++k) {
        result.sums.probability.data_ptr<double>()[k] += sums.probability[k - first];
        result.sums.true_probability.data_ptr<double>()[k] += sums.true_probability[k - first];
      }
    }
  }
  return result;
}

/// Backward by logit: [N,h,w,K].
template <bool kRegions, class Value>
torch::Tensor backward_by_logit(const ScoreGrid<Value>& grid, const cuda::PixelGradients& pixels) {
  const torch::Tensor result = torch::zeros({grid.images, grid.rows.in, grid.columns.in, grid.classes}, torch::kFloat);
  float* into = result.data_ptr<float>();
  for (std::int32_t n = 0; n < grid.images; ++n) {
    for (std::int32_t i = 0; i < grid.rows.in; ++i) {
      for (std::int32_t j = 0; j < grid.columns.in; ++j, into += grid.classes) {
        for (std::int32_t k = 0; k < grid.classes; k += kGroup) {
          float gradient[kGroup];
          cuda::logit_gradients<kGroup, kRegions>(grid, pixels, {n, i, j, k}, gradient);
          std::copy_n(gradient, std::min(kGroup, grid.classes - k), into + k);
        }
      }
    }
  }
  return result;
}

template <class Value>
Result by_thread(const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners, Regions regions = Regions::kYes) {
  const HostGrid<Value> host(logits, labels.size(1), labels.size(2), align_corners);
  Result result = forward_by_pixel(host.grid, labels, regions);
  const test::HostGradients gradients(labels, result.log_sums, sums_gradient(logits.size(1), regions));
  const cuda::PixelGradients& pixels = gradients.pixels;
  for (std::int64_t pixel = 0; regions == Regions::kYes && pixel < labels.numel(); ++pixel)
    if (pixels.labels[pixel] < host.grid.classes) pixels.mixed[pixel] = mixed_gradient(host.grid, pixels, pixel, pixels.labels[pixel]);
  result.gradient = regions == Regions::kYes ? backward_by_logit<true>(host.grid, pixels) : backward_by_logit<false>(host.grid, pixels);
  result.gradient = result.gradient.permute({0, 3, 1, 2});
  return result;
}

Result by_reference(const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners, Regions regions = Regions::kYes) {
  torch::Tensor leaf = logits.detach().clone().requires_grad_(true);
  const ClassSums sums = reference::class_sums(leaf, labels, align_corners, regions);
  test::loss_of(sums).backward();
  return {sums, {}, leaf.grad()};
}

void expect_same(const Result& result, const Result& expected) {
  EXPECT_LT(relative_difference(result.sums.cross_entropy, expected.sums.cross_entropy), 1e-6);
  EXPECT_TRUE(result.sums.pixels.equal(expected.sums.pixels));
  EXPECT_TRUE(result.sums.false_negatives.equal(expected.sums.false_negatives));
  EXPECT_TRUE(result.sums.predicted.equal(expected.sums.predicted));
  EXPECT_LT(relative_difference(result.gradient, expected.gradient), 1e-5);
  ASSERT_EQ(result.sums.probability.defined(), expected.sums.probability.defined());
  if (!result.sums.probability.defined()) return;
  // A probability follows from the float log_sum, whose rounding moves it by up to a millionth of itself for each unit of log_sum.
  EXPECT_LT(relative_difference(result.sums.probability, expected.sums.probability), 1e-5);
  EXPECT_LT(relative_difference(result.sums.true_probability, expected.sums.true_probability), 1e-5);
}

class ScoreGrids : public testing::TestWithParam<std::tuple<SumsShape, bool>> {};

TEST_P(ScoreGrids, ThreadsComputeTheReference) {
  const auto [shape, align_corners] = GetParam();
  torch::manual_seed(7);
  const torch::Tensor logits = torch::randn({shape.batch, shape.classes, shape.in_height, shape.in_width}) * 3, labels = random_labels(shape);
  const torch::Tensor channels_last = logits.contiguous(at::MemoryFormat::ChannelsLast);
  expect_same(by_thread<float>(logits, labels, align_corners), by_reference(logits, labels, align_corners));
  expect_same(by_thread<float>(channels_last, labels, align_corners, Regions::kNo), by_reference(logits, labels, align_corners, Regions::kNo));
}

TEST_P(ScoreGrids, BestClassIsThePrediction) {
  const auto [shape, align_corners] = GetParam();
  torch::manual_seed(9);
  const torch::Tensor logits = torch::randn({shape.batch, shape.classes, shape.in_height, shape.in_width});
  const HostGrid<float> host(logits, shape.out_height, shape.out_width, align_corners);
  const torch::Tensor expected = reference::predict_labels(logits, shape.out_height, shape.out_width, align_corners).contiguous();
  for (std::int64_t pixel = 0; pixel < host.grid.pixels(); ++pixel)
    ASSERT_EQ(best_class(host.grid, pixel), expected.data_ptr<std::uint8_t>()[pixel]) << pixel;
}

INSTANTIATE_TEST_SUITE_P(ScoreGrid, ScoreGrids, testing::Combine(testing::ValuesIn(test::kSumsShapes), testing::Bool()));

TEST(ScoreGrid, TakesBfloat16AsItsFloatValues) {
  torch::manual_seed(5);
  const torch::Tensor logits = torch::randn({1, 6, 5, 5}).to(torch::kBFloat16), labels = random_labels({1, 6, 5, 5, 20, 20});
  const Result half = by_thread<std::uint16_t>(logits, labels, false);
  const Result full = by_thread<float>(logits.to(torch::kFloat), labels, false);
  EXPECT_TRUE(half.sums.cross_entropy.equal(full.sums.cross_entropy));
  EXPECT_TRUE(half.gradient.equal(full.gradient));
}

TEST(ScoreGrid, IsFiniteForLargeLogits) {
  torch::manual_seed(4);
  const torch::Tensor logits = torch::randn({1, 4, 5, 5}).sign() * 1e4, labels = random_labels({1, 4, 5, 5, 20, 20});
  const Result result = by_thread<float>(logits, labels, false);
  EXPECT_TRUE(result.gradient.isfinite().all().item<bool>());
  EXPECT_LT(relative_difference(result.sums.cross_entropy, by_reference(logits, labels, false).sums.cross_entropy), 1e-6);
}

TEST(ScoreGrid, NotANumberIsFoundNowhereAndNotHidden) {
  for (const std::int64_t place : {0, 4, 8}) {
    torch::Tensor logits = torch::zeros({1, 3, 2, 2});
    logits.view(-1)[place] = std::numeric_limits<float>::quiet_NaN();
    const Result result = by_thread<float>(logits, torch::zeros({1, 2, 2}, torch::kByte), false);
    EXPECT_TRUE(result.sums.cross_entropy[0].isnan().item<bool>()) << place;
    EXPECT_EQ(result.sums.predicted.sum().item<int>(), 3) << place;
  }
}

TEST(ScoreGrid, TiesGoToTheLowestClass) {
  const torch::Tensor labels = torch::tensor({0, 1, 2}).to(torch::kByte).view({1, 1, 3});
  const Result result = by_thread<float>(torch::zeros({1, 3, 1, 3}), labels, false);
  EXPECT_TRUE(result.sums.false_negatives.equal(torch::tensor({0, 1, 1}, torch::kLong)));
}

TEST(NormalizedPixels, AreThoseOfNormalize) {
  torch::manual_seed(3);
  const torch::Tensor images = torch::randint(0, 256, {2, 3, 5, 3}, torch::kUInt8);
  for (const ChannelOrder order : {ChannelOrder::kRgb, ChannelOrder::kBgr}) {
    const NetworkInput input{order, {10, 100, 200}, {50, 60, 70}};
    cuda::ChannelScale channels{{}, {}, order == ChannelOrder::kBgr};
    for (std::size_t c = 0; c < 3; ++c) {
      channels.scale[c] = static_cast<float>(1.0 / input.std[c]);
      channels.offset[c] = static_cast<float>(-input.mean[c] / input.std[c]);
    }
    torch::Tensor result = torch::empty(images.sizes(), torch::kFloat);
    for (std::int64_t i = 0; i < images.numel(); ++i)
      result.data_ptr<float>()[i] = cuda::normalized(images.data_ptr<std::uint8_t>() + i / 3 * 3, channels, static_cast<int>(i % 3));
    EXPECT_TRUE(result.permute({0, 3, 1, 2}).allclose(normalize(images, input), 1e-6, 1e-6));
  }
}

}  // namespace
}  // namespace seg
