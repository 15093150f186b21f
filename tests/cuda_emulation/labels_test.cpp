// The kernels that count labels, run on the CPU by emulation, against what the CPU counts.
#include "support/cuda_emulation.hpp"
// Then what it is for.
#include <gtest/gtest.h>

#include "engine/evaluation/label_counting.hpp"
#include "ops/cuda/labels.cu"

namespace seg {
namespace {

/// Regions of several pixels, of which one in twenty is another: values of `labels` at random.
torch::Tensor regions(std::int64_t height, std::int64_t width, const std::vector<std::int64_t>& labels) {
  const torch::Tensor values = torch::tensor(labels, torch::kLong);
  const auto drawn = [&](std::int64_t h, std::int64_t w) { return values.index({torch::randint(values.numel(), {h, w})}); };
  const torch::Tensor coarse = drawn(height / 9 + 1, width / 9 + 1).repeat_interleave(9, 0).repeat_interleave(9, 1);
  return torch::where(torch::rand({height, width}).lt(0.95), coarse.narrow(0, 0, height).narrow(1, 0, width), drawn(height, width)).to(torch::kByte);
}

torch::Tensor counted(const torch::Tensor& predicted, const torch::Tensor& truth, std::int32_t classes) {
  const cuda::LabelGrid grid{predicted.data_ptr<std::uint8_t>(), truth.data_ptr<std::uint8_t>(), static_cast<std::int32_t>(truth.size(0)),
                             static_cast<std::int32_t>(truth.size(1)), classes};
  const torch::Tensor counts = torch::zeros({cuda::pair_cells(classes) + cuda::boundary_cells(classes)}, torch::kLong);
  auto* first = static_cast<cuda::Count*>(counts.data_ptr());
  std::vector<cuda::LabelRange> ranges(static_cast<std::size_t>(truth.numel()));
  cuda::count_pairs(grid, first, nullptr);
  cuda::count_boundary(grid, static_cast<std::int32_t>(boundary_width(truth.size(0), truth.size(1))), ranges.data(),
                       first + cuda::pair_cells(classes), nullptr);
  return counts;
}

void expect_same(const torch::Tensor& predicted, const torch::Tensor& truth, std::int32_t classes) {
  const LabelCounts expected = LabelCounting(predicted, truth, classes, LabelCounting::Of::kAll).get();
  const auto found = read_counts(counted(predicted, truth, classes).data_ptr<std::int64_t>(), classes, LabelCounting::Of::kAll);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->confusion, expected.confusion);
  EXPECT_EQ(found->boundary, expected.boundary);
}

TEST(EmulatedLabels, AreCountedAsOnTheCpu) {
  torch::manual_seed(3);
  for (const auto& [height, width] : std::vector<std::pair<std::int64_t, std::int64_t>>{{1, 1}, {2, 7}, {40, 31}, {90, 130}})
    expect_same(regions(height, width, {0, 1, 2, 255}), regions(height, width, {0, 0, 1, 2, 255}), 3);
}

TEST(EmulatedLabels, AreCountedForOneClassAndForAsManyAsAByteHolds) {
  torch::manual_seed(4);
  expect_same(regions(30, 40, {0, 255}), regions(30, 40, {0, 255}), 1);
  expect_same(regions(50, 60, {0, 3, 254, 255}), regions(50, 60, {0, 3, 254, 255}), 255);  // too many pairs for a block's memory
}

TEST(EmulatedLabels, OfMorePixelsThanTheBlocksTakeInOneTurnAreCounted) {
  torch::manual_seed(5);
  expect_same(regions(520, 520, {0, 1, 2, 255}), regions(520, 520, {0, 1, 2, 255}), 3);
}

TEST(EmulatedLabels, OutOfRangeAreSeen) {
  const torch::Tensor good = torch::zeros({4, 5}, torch::kByte), wrong = torch::full({4, 5}, 7, torch::kByte);
  for (const auto& [predicted, truth] : {std::pair(good, wrong), std::pair(wrong, good)})
    EXPECT_FALSE(read_counts(counted(predicted, truth, 3).data_ptr<std::int64_t>(), 3, LabelCounting::Of::kAll).has_value());
}

}  // namespace
}  // namespace seg
