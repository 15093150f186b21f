// Counts of one image where its labels are: on the CPU those of confusion_of and boundary_counts, on a GPU the CPU's.
#include "engine/evaluation/label_counting.hpp"

#include <gtest/gtest.h>
#include <torch/cuda.h>

#include "base/error.hpp"
#include "ops/cuda/built.hpp"

namespace seg {
namespace {

constexpr std::int64_t kCountedClasses = 4;
using Of = LabelCounting::Of;

/// Labels 0 .. 3 and 255.
torch::Tensor some_labels() {
  const torch::Tensor labels = torch::randint(0, kCountedClasses + 1, {60, 80}).to(torch::kByte);
  return labels.masked_fill(labels.eq(kCountedClasses), 255);
}

TEST(LabelCounting, CountsWhatScoresNeed) {
  torch::manual_seed(2);
  const torch::Tensor predicted = some_labels(), truth = some_labels();
  const ConfusionTable confusion = confusion_of(predicted, truth, kCountedClasses);
  const LabelCounts all = LabelCounting(predicted, truth, kCountedClasses, Of::kAll).get();
  EXPECT_EQ(all.confusion, confusion);
  EXPECT_EQ(all.boundary, boundary_counts(predicted, truth, kCountedClasses));
  const LabelCounts alone = LabelCounting(predicted, truth, kCountedClasses, Of::kConfusion).get();
  EXPECT_EQ(alone.confusion, confusion);
  EXPECT_TRUE(alone.boundary.empty());
}

TEST(LabelCounting, ALabelOutOfRangeIsRefused) {
  const torch::Tensor good = torch::zeros({2, 3}, torch::kByte), wrong = torch::full({2, 3}, kCountedClasses, torch::kByte);
  EXPECT_THROW(LabelCounting(good, wrong, kCountedClasses, Of::kAll), Error);
  EXPECT_THROW(LabelCounting(wrong, good, kCountedClasses, Of::kAll), Error);
}

TEST(LabelCounting, OnAGpuIsThatOfTheCpu) {
  if (!cuda::kBuilt) GTEST_SKIP() << "this program is built without CUDA (scripts/build.sh --cuda)";
  if (!torch::cuda::is_available()) GTEST_SKIP() << "this LibTorch sees no GPU";
  torch::manual_seed(3);
  const torch::Tensor predicted = some_labels(), truth = some_labels();
  for (const Of of : {Of::kConfusion, Of::kAll}) {
    const LabelCounts expected = LabelCounting(predicted, truth, kCountedClasses, of).get();
    const LabelCounts found = LabelCounting(predicted.cuda(), truth.cuda(), kCountedClasses, of).get();
    EXPECT_EQ(found.confusion, expected.confusion);
    EXPECT_EQ(found.boundary, expected.boundary);
  }
  EXPECT_THROW(LabelCounting(predicted.cuda(), truth.cuda(), kCountedClasses - 1, Of::kAll).get(), Error);
}

}  // namespace
}  // namespace seg
