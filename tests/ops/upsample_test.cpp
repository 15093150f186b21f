#include "ops/upsample.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "ops/class_sums.hpp"
#include "support/golden.hpp"

namespace seg {
namespace {

class Corners : public testing::TestWithParam<bool> {};

TEST_P(Corners, PredictionIsTheArgMaxOfTheUpsampledLogits) {
  torch::manual_seed(1);
  const torch::Tensor logits = torch::randn({2, 7, 9, 6});
  for (const auto& [height, width] : {std::pair{70, 50}, std::pair{9, 6}, std::pair{1, 1}, std::pair{5, 40}}) {
    const torch::Tensor expected = upsample_logits(logits, height, width, GetParam()).argmax(1).to(torch::kByte);
    EXPECT_TRUE(predict_labels(logits, height, width, GetParam()).equal(expected)) << height << "x" << width;
    EXPECT_TRUE(reference::predict_labels(logits, height, width, GetParam()).equal(expected)) << height << "x" << width;
  }
}

TEST_P(Corners, PredictionsAgreeWithTheCountedMisses) {
  torch::manual_seed(2);
  const torch::Tensor logits = torch::randn({1, 4, 5, 5}), labels = torch::randint(0, 4, {1, 33, 21}).to(torch::kByte);
  const torch::Tensor missed = predict_labels(logits, 33, 21, GetParam()).ne(labels).sum();
  EXPECT_EQ(missed.item<std::int64_t>(), class_sums(logits, labels, GetParam()).false_negatives.sum().item<std::int64_t>());
}

INSTANTIATE_TEST_SUITE_P(Upsample, Corners, testing::Bool());

TEST(Upsample, CornersAreKeptWithAlignCorners) {
  const torch::Tensor wide = upsample_logits(torch::tensor({1.0f, 3.0f}).view({1, 1, 1, 2}), 1, 5, true);
  EXPECT_TRUE(wide.flatten().allclose(torch::tensor({1.0f, 1.5f, 2.0f, 2.5f, 3.0f})));
}

TEST(Upsample, HalfPixelRepeatsTheEdge) {
  const torch::Tensor wide = upsample_logits(torch::tensor({1.0f, 3.0f}).view({1, 1, 1, 2}), 1, 4, false);
  EXPECT_TRUE(wide.flatten().allclose(torch::tensor({1.0f, 1.5f, 2.5f, 3.0f})));
}

TEST(Upsample, GivesFloat32FromBfloat16) {
  EXPECT_EQ(upsample_logits(torch::zeros({1, 2, 3, 3}, torch::kBFloat16), 6, 6, false).scalar_type(), torch::kFloat);
}

TEST(Upsample, TiesGoToTheLowestClass) { EXPECT_EQ(predict_labels(torch::zeros({1, 5, 2, 2}), 4, 4, false).max().item<int>(), 0); }

TEST(Upsample, TakesAnEmptyBatch) { EXPECT_EQ(predict_labels(torch::zeros({0, 5, 2, 2}), 4, 4, false).numel(), 0); }

TEST(Upsample, RefusesAnEmptySize) { EXPECT_THROW(predict_labels(torch::zeros({1, 5, 2, 2}), 0, 4, false), Error); }

}  // namespace
}  // namespace seg
