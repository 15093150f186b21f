#include "engine/evaluation/rankseg.hpp"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <vector>

namespace seg {
namespace {

/// Of two classes on one row of pixels, from the probabilities of class 1.
torch::Tensor labels_of(const std::vector<double>& p) {
  const torch::Tensor one = torch::tensor(p, torch::kDouble).to(torch::kFloat);
  return rankseg_labels(torch::stack({1 - one, one}).view({2, 1, -1}))[0];
}

std::vector<int> values_of(const torch::Tensor& labels) {
  std::vector<int> values;
  for (std::int64_t i = 0; i < labels.numel(); ++i) values.push_back(labels[i].item<int>());
  return values;
}

// Class 1: P = 0.9 + 0.4 + 0.1 = 1.4. One pixel: 0.9 / (1 + 1.4 - 0.9) = 0.6; two: 1.3 / (2 + 1.4 - 1.3) = 0.619; three: 1.4 / 3 = 0.467. It wants
// two. Class 0: P = 1.6, p = 0.1, 0.6, 0.9. One: 0.9 / 1.7 = 0.529; two: 1.5 / 2.1 = 0.714; three: 1.6 / 3 = 0.533. It wants the last two. The middle
// pixel: class 1 loses 0.619 - 0.6 = 0.019 without it, class 0 0.714 - 0.529 = 0.185: it goes to class 0.
TEST(Rankseg, ByHand) { EXPECT_EQ(values_of(labels_of({0.9, 0.4, 0.1})), (std::vector<int>{1, 0, 0})); }

// Here a pixel below 0.5 goes to the rare class, where the arg-max would not give it: class 1 wants both of its pixels (1.35 / 2.2 = 0.61 against
// 0.9 / 1.65 = 0.55) and would lose 0.07 of its IoU without the second one, class 0, which has a hundred sure ones, 0.001.
TEST(Rankseg, ARareClassTakesWhatTheArgMaxDenies) {
  std::vector<double> p(100, 0.002);
  p.push_back(0.9);
  p.push_back(0.45);
  const std::vector<int> labels = values_of(labels_of(p));
  EXPECT_EQ(labels[99], 0);
  EXPECT_EQ(labels[100], 1);
  EXPECT_EQ(labels[101], 1);
}

TEST(Rankseg, AnUnlikelyClassTakesNothing) { EXPECT_EQ(values_of(labels_of({0.5, 0.4, 0.3})), (std::vector<int>{0, 0, 0})); }

TEST(Rankseg, WhereNoClassIsLikelyTheArgMaxDecides) {
  const torch::Tensor p = torch::tensor({0.4f, 0.3f, 0.3f, 0.3f, 0.3f, 0.4f}).view({3, 1, 2});
  EXPECT_EQ(values_of(rankseg_labels(p)[0]), (std::vector<int>{0, 2}));
}

TEST(Rankseg, IsTheArgMaxOfCertainty) {
  torch::manual_seed(10);
  const torch::Tensor labels = torch::randint(0, 4, {7, 8});
  const torch::Tensor p = torch::one_hot(labels, 4).permute({2, 0, 1}).to(torch::kFloat);
  EXPECT_TRUE(rankseg_labels(p).equal(labels.to(torch::kByte)));
}

}  // namespace
}  // namespace seg
