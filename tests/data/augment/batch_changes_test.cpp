#include "data/augment/batch_changes.hpp"

#include <gmock/gmock.h>
#include <opencv2/imgproc.hpp>
#include <torch/torch.h>

#include <algorithm>

#include "data/augment/sample_changes.hpp"
#include "data/augment/transforms.hpp"
#include "data/collate.hpp"

namespace seg {
namespace {

/// Soft shapes of every colour under a little noise, and labels of every value: as a photograph has them, but no two pixels alike.
Sample picture(int height, int width, std::uint64_t seed) {
  cv::RNG random(seed + 1);
  cv::Mat coarse(5, 7, CV_8UC3), noise(height, width, CV_8UC3);
  random.fill(coarse, cv::RNG::UNIFORM, 0, 256);
  random.fill(noise, cv::RNG::UNIFORM, 0, 24);
  Sample sample;
  cv::resize(coarse, sample.image, {width, height}, 0, 0, cv::INTER_CUBIC);
  sample.image += noise;
  sample.labels.create(height, width, CV_8UC1);
  random.fill(sample.labels, cv::RNG::UNIFORM, 0, 256);
  sample.id = "picture";
  return sample;
}

Batch changed(const Batch& batch) {
  const auto [images, labels] = make_changes(batch.images, batch.labels, batch.changes);
  return {images, labels, batch.ids};
}

/// Of two batches of images, in grey levels.
struct Apart {
  double most = 0.0, mean = 0.0;
};

Apart apart(const torch::Tensor& a, const torch::Tensor& b) {
  const torch::Tensor difference = (a.to(torch::kDouble) - b.to(torch::kDouble)).abs();
  return {difference.max().item<double>(), difference.mean().item<double>()};
}

/// The same seeds in the loader alone and with the rest on the batch; counts what differs over `batches` batches of five.
Apart loader_and_batch(const AugmentOptions& options, Size size, int batches) {
  const auto here = training_transform(options, size, {}, {}, AugmentDevice::kCpu),
             there = training_transform(options, size, {}, {}, AugmentDevice::kGpu);
  Apart worst;
  for (std::uint64_t first = 0; first < static_cast<std::uint64_t>(5 * batches); first += 5) {
    std::vector<Sample> made, left;
    for (std::uint64_t seed = first; seed < first + 5; ++seed) {
      const Sample sample = picture(static_cast<int>(size.height), static_cast<int>(size.width), seed);
      made.push_back(here(sample, seed));
      left.push_back(there(sample, seed));
      EXPECT_EQ(made.back().changes, PixelChanges());
    }
    const Batch expected = collate(made), found = changed(collate(left));
    EXPECT_TRUE(found.labels.equal(expected.labels));
    EXPECT_EQ(found.images.sizes(), expected.images.sizes());
    EXPECT_TRUE(found.images.is_contiguous());
    const Apart one = apart(found.images, expected.images);
    worst.most = std::max(worst.most, one.most);
    worst.mean += one.mean / batches;
  }
  return worst;
}

AugmentOptions without_flip() {
  AugmentOptions options;
  options.flip = 0.0;
  return options;
}

TEST(BatchChanges, FlipAsTheLoaderDoes) {
  AugmentOptions options;
  options.flip = 0.5;
  EXPECT_EQ(loader_and_batch(options, {17, 38}, 10).most, 0.0);
}

TEST(BatchChanges, ChangeEachColorAsTheLoaderDoes) {
  for (double ColorOptions::*strength : {&ColorOptions::brightness, &ColorOptions::contrast, &ColorOptions::saturation, &ColorOptions::hue}) {
    AugmentOptions options = without_flip();
    options.color.*strength = 0.5;
    const Apart found = loader_and_batch(options, {37, 64}, 20);  // whole vectors: OpenCV rounds the hues of those beyond
    EXPECT_LE(found.most, 1.0);
    EXPECT_LE(found.mean, 0.01);
  }
}

TEST(BatchChanges, BlurAsTheLoaderDoes) {
  for (const double sigma : {0.4, 1.5, 5.0, 20.0}) {
    AugmentOptions options = without_flip();
    options.blur = {.probability = 0.7, .sigma = sigma};
    const Apart found = loader_and_batch(options, {37, 70}, 20);
    EXPECT_LE(found.most, 2.0) << sigma;
    EXPECT_LE(found.mean, 0.1) << sigma;
  }
}

TEST(BatchChanges, MakeAllTogetherAsTheLoaderDoes) {
  AugmentOptions options;
  options.crop = true;
  options.color = {0.5, 0.5, 0.5, 0.2};
  options.blur.probability = 0.5;
  const Apart found = loader_and_batch(options, {40, 64}, 40);
  EXPECT_LE(found.most, 5.0);  // contrast widens what the changes before it left apart
  EXPECT_LE(found.mean, 0.05);
}

/// Samples that are changed in ways of their own, some not at all.
TEST(BatchChanges, MayDifferFromSampleToSample) {
  using Kind = ColorKind;
  const std::vector<PixelChanges> ways = {
      {true, {{Kind::kHue, 0.3}, {Kind::kBrightness, 1.2}}, 0.0},
      {},
      {false, {{Kind::kBrightness, 0.7}, {Kind::kHue, -0.4}, {Kind::kContrast, 1.4}}, 1.1},
      {true, {}, 2.3},
      {false, {{Kind::kContrast, 0.0}}, 0.0},
  };
  std::vector<Sample> made, left;
  for (std::size_t i = 0; i < ways.size(); ++i) {
    left.push_back(picture(20, 30, i));
    left.back().changes = ways[i];
    made.push_back(left.back());
    make_changes(made.back());
  }
  const Batch before = collate(left), expected = collate(made), found = changed(before);
  EXPECT_LE(apart(found.images, expected.images).most, 3.0);
  EXPECT_TRUE(found.labels.equal(expected.labels));
  EXPECT_TRUE(found.images[1].equal(before.images[1]));
}

TEST(BatchChanges, BlurImagesSmallerThanTheKernel) {
  for (const Size size : {Size{3, 2}, Size{1, 9}, Size{1, 1}}) {
    Sample sample = picture(static_cast<int>(size.height), static_cast<int>(size.width), 1);
    sample.changes.blur = 3.0;
    const Batch found = changed(collate({sample}));
    make_changes(sample);
    EXPECT_LE(apart(found.images, collate({sample}).images).most, 2.0) << to_string(size);
  }
}

TEST(BatchChanges, LeaveTheGivenTensorsAlone) {
  Sample sample = picture(20, 30, 3);
  sample.changes = {true, {{ColorKind::kBrightness, 0.5}}, 1.0};
  const Batch batch = collate({sample});
  const torch::Tensor images = batch.images.clone(), labels = batch.labels.clone();
  EXPECT_FALSE(changed(batch).images.equal(images));
  EXPECT_TRUE(batch.images.equal(images) && batch.labels.equal(labels));
}

TEST(BatchChanges, AreNoneWhereNoneWereDrawn) {
  const Batch batch = collate({picture(4, 6, 1), picture(4, 6, 2)});
  for (const std::vector<PixelChanges>& none : {std::vector<PixelChanges>{}, batch.changes})
    EXPECT_TRUE(make_changes(batch.images, batch.labels, none).images.is_same(batch.images));
}

TEST(BatchChanges, DoWithoutLabels) {
  Sample sample = picture(4, 6, 1);
  sample.labels.release();
  sample.changes.flip = true;
  const Batch batch = collate({sample});
  const Batch found = changed(batch);
  EXPECT_TRUE(found.images.equal(batch.images.flip(2)));
  EXPECT_EQ(found.labels.numel(), 0);
}

TEST(BatchChanges, MustBeThoseOfTheBatch) {
  const Batch batch = collate({picture(4, 6, 1)});
  EXPECT_THROW(make_changes(batch.images, batch.labels, {{.flip = true}, {}}), c10::Error);
}

}  // namespace
}  // namespace seg
