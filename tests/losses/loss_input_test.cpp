#include "losses/loss_input.hpp"

#include "base/error.hpp"
#include "losses/loss_fixture.hpp"
#include "ops/upsample.hpp"

namespace seg {
namespace {

class LossInputTest : public testing::Test {
 protected:
  torch::Tensor logits_ = torch::randn({2, 3, 4, 5});
  torch::Tensor labels_ = test::labels_of(3, {2, 9, 11});
  LossInput batch_{logits_, labels_, true};
};

TEST_F(LossInputTest, MakesEachPartOnce) {
  EXPECT_EQ(batch_.full_size().data_ptr(), batch_.full_size().data_ptr());
  EXPECT_EQ(batch_.sums().cross_entropy.data_ptr(), batch_.sums().cross_entropy.data_ptr());
  EXPECT_EQ(batch_.valid().data_ptr(), batch_.valid().data_ptr());
}

TEST_F(LossInputTest, FollowsTheCornersConvention) {
  EXPECT_TRUE(batch_.full_size().equal(upsample_logits(logits_, 9, 11, true)));
  EXPECT_TRUE(batch_.sums().cross_entropy.equal(class_sums(logits_, labels_, true).cross_entropy));
  EXPECT_FALSE(batch_.full_size().equal(LossInput(logits_, labels_, false).full_size()));
}

TEST_F(LossInputTest, AveragesPlainCrossEntropy) {
  const LossInput batch(logits_.repeat({1, 1, 2, 2}), test::labels_of(3, {2, 8, 10}), false);
  const test::NaiveBatch naive(batch.logits(), batch.labels());
  double sum = 0;
  for (const auto& pixel : naive.pixels) sum += test::NaiveBatch::entropy(pixel);
  EXPECT_NEAR(batch.mean_cross_entropy().item<double>(), sum / static_cast<double>(naive.pixels.size()), 1e-6);
}

TEST_F(LossInputTest, CountsValidPixels) {
  EXPECT_EQ(batch_.valid_pixels().item<std::int64_t>(), labels_.ne(255).sum().item<std::int64_t>());
  EXPECT_EQ(batch_.target().masked_select(batch_.valid().logical_not()).max().item<std::int64_t>(), 0);
}

TEST_F(LossInputTest, SaysWhereALossHasNotAskedForRegions) {
  EXPECT_THROW(batch_.sums_with_regions(), Error);
  EXPECT_TRUE(LossInput(logits_, labels_, true, {}, Regions::kYes).sums_with_regions().probability.defined());
}

}  // namespace
}  // namespace seg
