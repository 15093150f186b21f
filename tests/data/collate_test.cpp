#include "data/collate.hpp"

#include <gmock/gmock.h>
#include <opencv2/core.hpp>

#include "base/error.hpp"

namespace seg {
namespace {

Sample sample_of(Size image, Size labels, const std::string& id) {
  Sample sample;
  sample.image.create(static_cast<int>(image.height), static_cast<int>(image.width), CV_8UC3);
  cv::randu(sample.image, 0, 256);
  if (labels != Size{}) {
    sample.labels.create(static_cast<int>(labels.height), static_cast<int>(labels.width), CV_8UC1);
    cv::randu(sample.labels, 0, 256);
  }
  sample.id = id;
  return sample;
}

TEST(Collate, StacksImagesAndLabelsAsTheyAre) {
  const std::vector<Sample> samples = {sample_of({3, 5}, {6, 4}, "a"), sample_of({3, 5}, {6, 4}, "b")};
  const Batch batch = collate(samples);
  EXPECT_EQ(batch.images.sizes(), (std::vector<std::int64_t>{2, 3, 5, 3}));
  EXPECT_EQ(batch.labels.sizes(), (std::vector<std::int64_t>{2, 6, 4}));
  EXPECT_EQ(batch.images.scalar_type(), torch::kUInt8);
  EXPECT_THAT(batch.ids, testing::ElementsAre("a", "b"));
  EXPECT_EQ(batch.images[1][2][4][1].item<int>(), samples[1].image.at<cv::Vec3b>(2, 4)[1]);
  EXPECT_EQ(batch.labels[1][5][3].item<int>(), samples[1].labels.at<std::uint8_t>(5, 3));
}

TEST(Collate, TakesWindowsOfLargerImages) {
  Sample sample = sample_of({9, 9}, {9, 9}, "a");
  const cv::Rect window(2, 3, 4, 5);
  sample.image = sample.image(window);
  sample.labels = sample.labels(window);
  const Batch batch = collate({sample});
  EXPECT_EQ(batch.images[0][4][3][2].item<int>(), sample.image.at<cv::Vec3b>(4, 3)[2]);
  EXPECT_EQ(batch.labels[0][4][3].item<int>(), sample.labels.at<std::uint8_t>(4, 3));
}

TEST(Collate, NamesTwoSamplesOfDifferentSizes) {
  try {
    collate({sample_of({3, 5}, {3, 5}, "seq/a"), sample_of({3, 6}, {3, 5}, "seq/b")});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kData);
    EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("seq/a (image 3x5"), testing::HasSubstr("seq/b (image 3x6")));
  }
}

TEST(Collate, RefusesToMixLabelledAndUnlabelled) { EXPECT_THROW(collate({sample_of({3, 5}, {3, 5}, "a"), sample_of({3, 5}, {}, "b")}), Error); }

TEST(Collate, KeepsTheChangesThatAreStillToBeMade) {
  std::vector<Sample> samples = {sample_of({3, 5}, {3, 5}, "a"), sample_of({3, 5}, {3, 5}, "b")};
  samples[1].changes = {.flip = true, .color = {{ColorKind::kHue, 0.1}}, .blur = 1.0};
  EXPECT_THAT(collate(samples).changes, testing::ElementsAre(PixelChanges(), samples[1].changes));
}

TEST(Collate, RefusesAnEmptyBatch) { EXPECT_THROW(collate({}), Error); }

TEST(Collate, GivesEmptyLabelsWhereTheSetHasNone) { EXPECT_EQ(collate({sample_of({3, 5}, {}, "a")}).labels.numel(), 0); }

}  // namespace
}  // namespace seg
