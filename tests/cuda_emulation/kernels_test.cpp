// The kernels themselves, launches and reductions too, run on the CPU by emulation.
#include "support/cuda_emulation.hpp"
// Then what it is for.
#include <gtest/gtest.h>
#include <torch/autograd.h>

#include "ops/cpu/elements.hpp"
#include "ops/cuda/kernels.cu"
#include "ops/resize.hpp"
#include "ops/upsample.hpp"
#include "support/golden.hpp"
#include "support/host_grid.hpp"
#include "support/sums_shapes.hpp"

namespace seg {
namespace {

using test::HostGrid;
using test::random_labels;
using test::relative_difference;
using test::SumsShape;

static_assert(cuda::kThreads == test::EmulatedBlock::kThreads);

ClassSums empty_sums(const std::vector<std::int64_t>& sizes) {
  const auto counts = [&] { return torch::full(sizes, -1, torch::kLong); };
  const auto values = [&] { return torch::full(sizes, -1, torch::kDouble); };
  return {values(), counts(), counts(), counts(), values(), values()};
}

cuda::SumTables tables_of(const ClassSums& sums, Regions regions) {
  cuda::SumTables tables{sums.cross_entropy.data_ptr<double>(), sums.pixels.data_ptr<std::int64_t>(), sums.false_negatives.data_ptr<std::int64_t>(),
                         sums.predicted.data_ptr<std::int64_t>()};
  if (regions == Regions::kNo) return tables;
  tables.probability = sums.probability.data_ptr<double>();
  tables.true_probability = sums.true_probability.data_ptr<double>();
  return tables;
}

class Emulated : public testing::TestWithParam<std::tuple<SumsShape, bool>> {};

TEST_P(Emulated, ClassSumsAreThoseOfTheReference) {
  const auto [shape, align_corners] = GetParam();
  torch::manual_seed(7);
  torch::Tensor logits = torch::randn({shape.batch, shape.classes, shape.in_height, shape.in_width}) * 3;
  const torch::Tensor labels = random_labels(shape);
  const HostGrid<float> host(logits, shape.out_height, shape.out_width, align_corners);
  const ClassSums partial = empty_sums({cuda::sum_blocks(labels.numel()), shape.classes}), sums = empty_sums({shape.classes});
  const torch::Tensor log_sums = torch::zeros(labels.sizes(), torch::kFloat);
  const Regions regions = align_corners ? Regions::kNo : Regions::kYes;
  cuda::class_sums_forward(host.grid, labels.data_ptr<std::uint8_t>(), log_sums.data_ptr<float>(), tables_of(partial, regions),
                           tables_of(sums, regions), nullptr);
  const torch::Tensor gradient = torch::full({shape.batch, shape.in_height, shape.in_width, shape.classes}, 7.0f);
  const test::HostGradients gradients(labels, log_sums, test::sums_gradient(shape.classes, regions));
  cuda::class_sums_backward(host.grid, gradients.pixels, gradient.data_ptr<float>(), nullptr);

  torch::Tensor leaf = logits.clone().requires_grad_(true);
  const ClassSums expected = reference::class_sums(leaf, labels, align_corners, regions);
  test::loss_of(expected).backward();
  EXPECT_LT(relative_difference(sums.cross_entropy, expected.cross_entropy.detach()), 1e-6);
  EXPECT_TRUE(sums.pixels.equal(expected.pixels));
  EXPECT_TRUE(sums.false_negatives.equal(expected.false_negatives));
  EXPECT_TRUE(sums.predicted.equal(expected.predicted));
  EXPECT_LT(relative_difference(gradient.permute({0, 3, 1, 2}), leaf.grad()), 1e-5);
  if (regions == Regions::kYes) {
    EXPECT_LT(relative_difference(sums.probability, expected.probability.detach()), 1e-5);  // see tests/ops/score_grid_test.cpp
    EXPECT_LT(relative_difference(sums.true_probability, expected.true_probability.detach()), 1e-5);
  }

  const torch::Tensor predicted = torch::full(labels.sizes(), 99, torch::kByte);
  cuda::predict_labels(host.grid, predicted.data_ptr<std::uint8_t>(), nullptr);
  EXPECT_TRUE(predicted.equal(predict_labels(logits, shape.out_height, shape.out_width, align_corners)));
}

TEST_P(Emulated, AxesAndResizedFeatures) {
  const auto [shape, align_corners] = GetParam();
  torch::manual_seed(2);
  test::HostAxis rows(shape.in_height, shape.out_height, align_corners), columns(shape.in_width, shape.out_width, align_corners);
  std::vector<std::int32_t> low(static_cast<std::size_t>(shape.out_height), -1), first(static_cast<std::size_t>(shape.in_height) + 1, -1);
  std::vector<float> weight(low.size(), -1.0f);
  cuda::fill_axis({static_cast<std::int32_t>(shape.in_height), static_cast<std::int32_t>(shape.out_height), low.data(), weight.data(), first.data()},
                  align_corners, nullptr);
  for (std::size_t i = 0; i < low.size(); ++i) EXPECT_EQ(low[i], rows.tables().low[i]) << i;
  for (std::size_t i = 0; i < low.size(); ++i) EXPECT_EQ(weight[i], rows.tables().weight[i]) << i;
  for (std::size_t j = 0; j < first.size(); ++j) EXPECT_EQ(first[j], rows.tables().first[j]) << j;

  const auto channels_last = torch::MemoryFormat::ChannelsLast;
  const torch::Tensor x = torch::randn({2, 6, shape.in_height, shape.in_width}).contiguous(channels_last).requires_grad_(true);
  const torch::Tensor factor = torch::randn({2, 6, shape.out_height, shape.out_width}).contiguous(channels_last);
  const torch::Tensor y = torch::empty_like(factor), gradient = torch::empty_like(x.detach());
  const cuda::FeatureGrid grid{2, 6, rows.tables(), columns.tables()};
  cuda::resize(grid, static_cast<const float*>(x.data_ptr<float>()), y.data_ptr<float>(), nullptr);
  cuda::resize_backward(grid, static_cast<const float*>(factor.data_ptr<float>()), gradient.data_ptr<float>(), nullptr);
  const torch::Tensor expected = resize_features(x, shape.out_height, shape.out_width, align_corners);
  EXPECT_LT(relative_difference(y, expected.detach()), 1e-5);
  EXPECT_LT(relative_difference(gradient, torch::autograd::grad({(expected * factor).sum()}, {x})[0]), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Shapes, Emulated, testing::Combine(testing::ValuesIn(test::kSumsShapes), testing::Bool()));
// More pixels than the blocks take in one turn.
INSTANTIATE_TEST_SUITE_P(ManyPixels, Emulated, testing::Combine(testing::Values(SumsShape{1, 3, 16, 16, 520, 520}), testing::Values(false)));

TEST(EmulatedKernels, ALabelOutOfRangeMakesTheSumNaN) {
  const torch::Tensor logits = torch::zeros({1, 3, 2, 2});
  for (const int label : {0, 3, 255}) {
    const torch::Tensor labels = torch::full({1, 2, 2}, label, torch::kByte);
    const HostGrid<float> host(logits, 2, 2, false);
    const ClassSums partial = empty_sums({1, 3}), sums = empty_sums({3});
    cuda::class_sums_forward(host.grid, labels.data_ptr<std::uint8_t>(), nullptr, tables_of(partial, Regions::kNo), tables_of(sums, Regions::kNo),
                             nullptr);
    EXPECT_EQ(sums.cross_entropy[0].isnan().item<bool>(), label == 3) << label;
    EXPECT_EQ(sums.pixels.sum().item<int>(), label == 0 ? 4 : 0) << label;
  }
}

TEST(EmulatedKernels, DropOutIsThatOfTheCpuForEachPart) {
  const torch::Tensor drawn = torch::tensor({0x1234567890ABCDEF}), x = torch::randn({150001});
  const Dropping dropping{1u << 30, 1.25f};
  torch::Tensor expected = torch::empty_like(x);
  for (std::int64_t block = 0; block * kDropBlock < x.numel(); ++block) {
    const std::int64_t first = block * kDropBlock, count = std::min(kDropBlock, x.numel() - first);
    cpu::drop_out(x.data_ptr<float>() + first, {0, count}, drop_key(0x1234567890ABCDEF, block), dropping, expected.data_ptr<float>() + first);
  }
  for (const auto& [first, count] :
       std::vector<std::pair<std::int64_t, std::int64_t>>{{0, 150001}, {65536, 4096}, {65535, 2}, {70001, 80000}, {5, 0}}) {
    const torch::Tensor part = x.narrow(0, first, count).clone(), result = torch::full({count}, -9.0f);
    const cuda::DropPlaces places{drawn.data_ptr<std::int64_t>(), first, count, dropping};
    cuda::drop_out(static_cast<const float*>(part.data_ptr<float>()), places, result.data_ptr<float>(), nullptr);
    EXPECT_TRUE(result.equal(expected.narrow(0, first, count))) << first;
  }
}

TEST(EmulatedKernels, NormalizeWritesEachPixel) {
  const torch::Tensor images = torch::randint(0, 256, {2, 15, 21, 3}, torch::kUInt8), result = torch::full(images.sizes(), -9.0f);
  const cuda::ChannelScale channels{{0.5f, 0.25f, 2.0f}, {1.0f, 2.0f, 3.0f}, true};
  cuda::normalize(images.data_ptr<std::uint8_t>(), images.numel() / 3, channels, result.data_ptr<float>(), nullptr);
  const torch::Tensor scale = torch::tensor({0.5f, 0.25f, 2.0f}), offset = torch::tensor({1.0f, 2.0f, 3.0f});
  EXPECT_TRUE(result.allclose(images.flip(3).to(torch::kFloat) * scale + offset));
}

}  // namespace
}  // namespace seg
