// Boundary IoU against a direct count: each class's mask by itself, each pixel's square looked through.
#include <gtest/gtest.h>
#include <torch/utils.h>

#include "base/classes.hpp"
#include "engine/evaluation/label_counting.hpp"

namespace seg {
namespace {

constexpr std::int64_t kClasses = 3;

std::uint8_t at(const torch::Tensor& plane, std::int64_t y, std::int64_t x) { return plane[y][x].item<std::uint8_t>(); }

/// Whether a pixel of the mask [plane == c] is within d of its contour; pixels ignored in `truth` bound nothing.
bool near_contour(const torch::Tensor& plane, const torch::Tensor& truth, std::int64_t y, std::int64_t x, std::int64_t d) {
  for (std::int64_t i = y - d; i <= y + d; ++i) {
    for (std::int64_t j = x - d; j <= x + d; ++j) {
      if (i < 0 || j < 0 || i >= plane.size(0) || j >= plane.size(1)) return true;
      if (at(truth, i, j) != kIgnoreLabel && at(plane, i, j) != at(plane, y, x)) return true;
    }
  }
  return false;
}

std::vector<ClassPixels> counted(const torch::Tensor& predicted, const torch::Tensor& truth) {
  std::vector<ClassPixels> counts(kClasses);
  const std::int64_t d = boundary_width(truth.size(0), truth.size(1));
  for (std::int64_t y = 0; y < truth.size(0); ++y) {
    for (std::int64_t x = 0; x < truth.size(1); ++x) {
      const std::uint8_t t = at(truth, y, x), p = at(predicted, y, x);
      if (t == kIgnoreLabel) continue;
      const bool truth_near = near_contour(truth, truth, y, x, d);
      const bool found_near = p != kIgnoreLabel && near_contour(predicted, truth, y, x, d);
      counts[t].truth += truth_near;
      if (p != kIgnoreLabel) counts[p].predicted += found_near;
      counts[t].both += truth_near && found_near && t == p;
    }
  }
  return counts;
}

/// Regions of several pixels: a coarse random map enlarged.
torch::Tensor regions(std::int64_t height, std::int64_t width, std::int64_t values) {
  const torch::Tensor coarse = torch::randint(0, values, {height / 16 + 1, width / 16 + 1}).to(torch::kByte);
  return coarse.repeat_interleave(16, 0).repeat_interleave(16, 1).narrow(0, 0, height).narrow(1, 0, width).contiguous();
}

TEST(BoundaryWidth, IsTwoPerCentOfTheDiagonal) {
  EXPECT_EQ(boundary_width(360, 480), 12);
  EXPECT_EQ(boundary_width(3, 4), 1);
}

TEST(BoundaryWidth, HalvesGoToTheEvenNumber) {
  EXPECT_EQ(boundary_width(375, 500), 12);  // 12.5
  EXPECT_EQ(boundary_width(405, 540), 14);  // 13.5
}

TEST(BoundaryCounts, EqualADirectCount) {
  torch::manual_seed(4);
  for (int round = 0; round < 4; ++round) {
    const std::int64_t height = 60 + round, width = 83 - round;
    torch::Tensor truth = regions(height, width, kClasses + 1), predicted = regions(height, width, kClasses + 1);
    predicted = torch::where(torch::rand({height, width}).lt(0.97), truth, predicted);
    for (torch::Tensor* plane : {&truth, &predicted}) plane->masked_fill_(plane->eq(kClasses), kIgnoreLabel);
    const std::vector<ClassPixels> boundary = boundary_counts(predicted, truth, kClasses);
    EXPECT_EQ(boundary, counted(predicted, truth)) << round;
    EXPECT_GT(boundary[1].both, 0);
  }
}

TEST(BoundaryCounts, APerfectPredictionIsOne) {
  torch::manual_seed(5);
  const torch::Tensor truth = regions(40, 50, kClasses);
  const std::vector<ClassPixels> boundary = boundary_counts(truth, truth, kClasses);
  EXPECT_DOUBLE_EQ(*scores_of(boundary).mean_iou, 1.0);
}

TEST(BoundaryCounts, IgnoredPixelsBoundNothing) {
  // One class everywhere, a hole of ignored pixels in the middle: only the image's edge is a boundary.
  torch::Tensor truth = torch::zeros({20, 20}, torch::kByte);
  truth.narrow(0, 8, 4).narrow(1, 8, 4).fill_(kIgnoreLabel);
  const std::vector<ClassPixels> boundary = boundary_counts(torch::zeros({20, 20}, torch::kByte), truth, kClasses);
  EXPECT_EQ(boundary[0].truth, 20 * 20 - 18 * 18);
}

TEST(BoundaryCounts, PixelsOfNoneOfTheClassesBoundOthersHoweverManyClassesThereAre) {
  torch::Tensor predicted = torch::zeros({20, 20}, torch::kByte);
  predicted.narrow(0, 10, 1).narrow(1, 10, 1).fill_(255);
  for (const std::int64_t classes : {3, 255}) {
    const std::vector<ClassPixels> boundary = boundary_counts(predicted, torch::zeros({20, 20}, torch::kByte), classes);
    EXPECT_EQ(boundary[0].predicted, 20 * 20 - 18 * 18 + 8) << classes;  // the image's edge, and around the pixel
  }
}

TEST(BoundaryCounts, SmallImagesAreBoundaryAlone) {
  const std::vector<ClassPixels> boundary = boundary_counts(torch::zeros({2, 2}, torch::kByte), torch::zeros({2, 2}, torch::kByte), kClasses);
  EXPECT_EQ(boundary[0].both, 4);
}

}  // namespace
}  // namespace seg
