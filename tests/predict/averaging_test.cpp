#include "predict/averaging.hpp"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include "base/error.hpp"
#include "ops/upsample.hpp"

namespace seg {
namespace {

torch::Tensor logits(std::int64_t height, std::int64_t width) { return torch::randn({1, 3, height, width}) * 3; }

View whole(const torch::Tensor& scores, Size image, bool mirrored = false) { return {image, mirrored, {{0, 0, image, scores}}}; }

class AveragingTest : public testing::Test {
 protected:
  void SetUp() override { torch::manual_seed(4); }
};

TEST_F(AveragingTest, LabelsAreTheArgMaxOfSummedProbabilities) {
  const torch::Tensor a = logits(5, 7), b = logits(9, 11);
  const Size target{130, 50};  // more rows than a band has
  const auto full = [&](const torch::Tensor& scores) { return upsample_logits(scores, target.height, target.width, true).softmax(1); };
  const torch::Tensor expected = (full(a) + full(b)).argmax(1).to(torch::kByte);
  EXPECT_TRUE(average_labels({whole(a, {20, 28}), whole(b, {36, 44})}, target, true).equal(expected));
}

TEST_F(AveragingTest, AMirroredViewIsTurnedBack) {
  const torch::Tensor a = logits(5, 7);
  const torch::Tensor plain = average_labels({whole(a, {20, 28})}, {20, 28}, true);
  EXPECT_TRUE(average_labels({whole(a.flip(3), {20, 28}, true)}, {20, 28}, true).equal(plain));
}

TEST_F(AveragingTest, OverlappingWindowsAreAveraged) {
  // Two windows of 8x6 over 8x9: columns 3 .. 5 are in both.
  const torch::Tensor left = logits(8, 6), right = logits(8, 6);
  const View view{{8, 9}, false, {{0, 0, {8, 6}, left}, {0, 3, {8, 6}, right}}};
  torch::Tensor sum = torch::zeros({1, 3, 8, 9});
  sum.narrow(3, 0, 6) += left.softmax(1);
  sum.narrow(3, 3, 6) += right.softmax(1);
  sum.narrow(3, 3, 3) /= 2;
  EXPECT_TRUE(torch::allclose(average_probability({view}, 1, {8, 9}, false), sum[0][1], 1e-5, 1e-6));
}

TEST_F(AveragingTest, ProbabilitiesOfAllClassesSumToOne) {
  const std::vector<View> views{whole(logits(5, 7), {20, 28}), whole(logits(5, 7), {20, 28}, true)};
  torch::Tensor sum = torch::zeros({20, 28});
  for (std::int64_t id = 0; id < 3; ++id) sum += average_probability(views, id, {20, 28}, false);
  EXPECT_TRUE(torch::allclose(sum, torch::ones({20, 28})));
}

TEST_F(AveragingTest, NothingToAverageIsAnError) { EXPECT_THROW(average_labels({}, {4, 4}, false), Error); }

}  // namespace
}  // namespace seg
