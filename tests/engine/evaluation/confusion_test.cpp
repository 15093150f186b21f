#include <gmock/gmock.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/random.hpp"
#include "engine/evaluation/label_counting.hpp"
#include "scores/scores.hpp"

namespace seg {
namespace {

using ::testing::ElementsAre;

torch::Tensor bytes(const std::vector<int>& values) { return torch::tensor(values, torch::kInt32).to(torch::kUInt8); }

TEST(Confusion, CountsTruthInRowsAndLeavesIgnoredPixelsOut) {
  const ConfusionTable confusion = confusion_of(bytes({0, 1, 1, 0, 0}), bytes({0, 0, 1, 1, 255}), 2);
  EXPECT_THAT(confusion.counts, ElementsAre(1, 1, 0, 1, 1, 0));
}

TEST(Confusion, CountsAPredictionOfNoClassAsMissed) {
  const ConfusionTable confusion = confusion_of(bytes({255, 255, 1}), bytes({0, 255, 1}), 2);
  EXPECT_THAT(confusion.counts, ElementsAre(0, 0, 1, 0, 1, 0));
  EXPECT_EQ(confusion.missed(0), 1);
}

TEST(Confusion, TakesEmptyAndStridedTensors) {
  EXPECT_EQ(confusion_of(torch::zeros({0, 3}, torch::kUInt8), torch::zeros({0, 3}, torch::kUInt8), 2), empty_confusion(2));
  const torch::Tensor labels = bytes({0, 1, 1, 1}).view({2, 2});
  const ConfusionTable confusion = confusion_of(labels.t(), labels.t().contiguous(), 2);
  EXPECT_THAT(confusion.counts, ElementsAre(1, 0, 0, 0, 3, 0));
}

ErrorKind error_of(const torch::Tensor& predicted, const torch::Tensor& labels) {
  try {
    confusion_of(predicted, labels, 2);
  } catch (const Error& error) {
    return error.kind;
  }
  ADD_FAILURE() << "no error";
  return ErrorKind::kInternal;
}

TEST(Confusion, RefusesLabelsOutsideTheClasses) { EXPECT_EQ(error_of(bytes({0, 0}), bytes({0, 2})), ErrorKind::kData); }
TEST(Confusion, RefusesPredictionsOutsideTheClasses) { EXPECT_EQ(error_of(bytes({0, 254}), bytes({0, 1})), ErrorKind::kInternal); }
TEST(Confusion, RefusesOtherTypesAndShapes) {
  EXPECT_EQ(error_of(bytes({0}), bytes({0, 1})), ErrorKind::kInternal);
  EXPECT_EQ(error_of(torch::zeros({1}), torch::zeros({1})), ErrorKind::kInternal);
}
TEST(Confusion, RefusesToMergeAnotherNumberOfClasses) {
  ConfusionTable two = empty_confusion(2);
  EXPECT_THROW(add(two, empty_confusion(3)), Error);
}
TEST(Confusion, HoldsUpTo255Classes) {
  const ConfusionTable confusion = confusion_of(bytes({254, 255}), bytes({254, 254}), 255);
  EXPECT_EQ(confusion.at(254, 254), 1);
  EXPECT_EQ(confusion.missed(254), 1);
  EXPECT_THROW(empty_confusion(256), Error);
}

/// A direct count over all pixels, cell by cell.
std::vector<std::int64_t> count_directly(const torch::Tensor& predicted, const torch::Tensor& labels, std::int64_t classes) {
  std::vector<std::int64_t> counts;
  for (std::int64_t t = 0; t < classes; ++t) {
    for (std::int64_t p = 0; p <= classes; ++p) {
      counts.push_back((labels.eq(t) & predicted.eq(p < classes ? p : 255)).sum().item<std::int64_t>());
    }
  }
  return counts;
}

/// The scores of the contract, counted pixel by pixel without a confusion matrix.
struct DirectScores {
  double mean_accuracy = 0, mean_iou = 0, mean_precision = 0, overall = 0;

  DirectScores(const torch::Tensor& predicted, const torch::Tensor& labels, std::int64_t classes) {
    const auto count = [](const torch::Tensor& pixels) { return static_cast<double>(pixels.sum().item<std::int64_t>()); };
    const torch::Tensor valid = labels.ne(255);
    double with_truth = 0, seen = 0, right = 0;
    for (std::int64_t k = 0; k < classes; ++k) {
      const double hit = count(predicted.eq(k) & labels.eq(k)), truth = count(labels.eq(k)), called = count(predicted.eq(k) & valid);
      right += hit;
      if (truth > 0) {
        with_truth += 1;
        mean_accuracy += hit / truth;
      }
      if (truth + called == 0) continue;
      seen += 1;
      mean_iou += hit / (truth + called - hit);
      mean_precision += called > 0 ? hit / called : 0;
    }
    mean_accuracy /= std::max(with_truth, 1.0);
    mean_iou /= std::max(seen, 1.0);
    mean_precision /= std::max(seen, 1.0);
    overall = right / std::max(count(valid), 1.0);
  }
};

class RandomConfusion : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Seeds, RandomConfusion, ::testing::Range(0, 12));

TEST_P(RandomConfusion, ScoresEqualADirectCountPixelByPixel) {
  Random random(seed_of({9, static_cast<std::uint64_t>(GetParam())}));
  for (int trial = 0; trial < 20; ++trial) {
    const std::int64_t classes = 1 + random.below(12), images = 1 + random.below(5);
    const double ignored = trial % 5 == 0 ? 0.999 : random.uniform();
    torch::manual_seed(GetParam() * 100 + trial);
    // Few of the classes, so that some are neither there nor predicted.
    torch::Tensor labels = torch::randint(1 + random.below(classes), {images, 7, 9}).to(torch::kUInt8);
    labels.masked_fill_(torch::rand({images, 7, 9}) < ignored, 255);
    const torch::Tensor predicted = torch::where(torch::rand({images, 7, 9}) < 0.5, labels, torch::randint(classes, {images, 7, 9}).to(torch::kUInt8))
                                        .masked_fill(labels.eq(255), 0);
    ConfusionTable confusion = empty_confusion(classes);
    for (std::int64_t i = 0; i < images; ++i) add(confusion, confusion_of(predicted[i], labels[i], classes));
    const Scores scores = compute_scores(confusion);
    const DirectScores direct(predicted, labels, classes);
    EXPECT_NEAR(scores.mean_accuracy.value_or(0), direct.mean_accuracy, 1e-12);
    EXPECT_NEAR(scores.mean_iou.value_or(0), direct.mean_iou, 1e-12);
    EXPECT_NEAR(scores.mean_precision.value_or(0), direct.mean_precision, 1e-12);
    EXPECT_NEAR(scores.overall_accuracy.value_or(0), direct.overall, 1e-12);
    EXPECT_EQ(scores.mean_iou.has_value(), labels.ne(255).any().item<bool>());
  }
}

TEST_P(RandomConfusion, EqualsADirectCountHoweverItIsSplit) {
  Random random(seed_of({7, static_cast<std::uint64_t>(GetParam())}));
  const std::int64_t classes = 1 + random.below(9);
  const double ignored = random.uniform();
  const double nothing = 0.3 * random.uniform();
  torch::manual_seed(GetParam());
  torch::Tensor labels = torch::randint(classes, {6, 5, 7}).to(torch::kUInt8);
  labels.masked_fill_(torch::rand({6, 5, 7}) < ignored, 255);
  torch::Tensor predicted = torch::randint(classes, {6, 5, 7}).to(torch::kUInt8);
  predicted.masked_fill_(torch::rand({6, 5, 7}) < nothing, 255);

  const ConfusionTable whole = confusion_of(predicted, labels, classes);
  EXPECT_EQ(whole.counts, count_directly(predicted, labels, classes));

  const std::int64_t cut = random.below(7);
  ConfusionTable parts = empty_confusion(classes);
  for (std::int64_t i = 0; i < cut; ++i) add(parts, confusion_of(predicted[i], labels[i], classes));
  add(parts, confusion_of(predicted.slice(0, cut), labels.slice(0, cut), classes));
  EXPECT_EQ(parts, whole);
}

}  // namespace
}  // namespace seg
