#include "engine/training/micro_batch.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

#include "base/error.hpp"

namespace seg {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Batch batch_of(std::int64_t images) {
  Batch batch{torch::arange(images, torch::kUInt8).view({images, 1, 1, 1}).expand({images, 2, 2, 3}).contiguous(),
              torch::zeros({images, 2, 2}, torch::kUInt8),
              {},
              {}};
  for (std::int64_t i = 0; i < images; ++i) {
    batch.ids.push_back(std::to_string(i));
    batch.changes.push_back({.flip = i % 2 == 1});
  }
  return batch;
}

/// A device with room for so many images in a pass.
struct Device {
  std::int64_t room;
  std::vector<std::int64_t> passes = {};  // images of each that was made

  StepResult operator()(const std::vector<Batch>& batches) {
    for (const Batch& batch : batches)
      if (batch.images.size(0) > room) throw std::runtime_error("CUDA out of memory. Tried to allocate 20.00 MiB");
    for (const Batch& batch : batches) passes.push_back(batch.images.size(0));
    return {};
  }
};

TEST(MicroBatches, PartsAreTheBatchInOrder) {
  const std::vector<Batch> parts = in_parts({batch_of(6)}, 3);
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_THAT(parts[1].ids, ElementsAre("2", "3"));
  EXPECT_EQ(parts[2].images[1][0][0][0].item<int>(), 5);
  EXPECT_EQ(parts[2].labels.size(0), 2);
  EXPECT_THAT(parts[2].changes, ElementsAre(PixelChanges{.flip = false}, PixelChanges{.flip = true}));
}

TEST(MicroBatches, PartsAreOfEqualSize) {
  EXPECT_EQ(more_parts(8, 1), 2);
  EXPECT_EQ(more_parts(6, 2), 6);
  EXPECT_EQ(more_parts(9, 1), 3);
  EXPECT_EQ(more_parts(4, 4), 0);
}

TEST(MicroBatches, AreMadeSmallerOnceAndStaySo) {
  Device device{2};
  MicroBatches micro_batches(true, torch::kCPU);
  for (int step = 0; step < 2; ++step) micro_batches.step({batch_of(8)}, std::ref(device));
  EXPECT_THAT(device.passes, ElementsAre(2, 2, 2, 2, 2, 2, 2, 2));
}

TEST(MicroBatches, TellWhatFits) {
  Device device{3};
  try {
    MicroBatches(false, torch::kCPU).step({batch_of(8)}, std::ref(device));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kMemory);
    EXPECT_THAT(error.what(), HasSubstr("8 images in a pass are too many"));
    EXPECT_THAT(error.hint, HasSubstr("train.auto_accumulate"));
  }
}

TEST(MicroBatches, LargestThatFitsFollowsFromWhatWasMeasured) {
  // 10 fixed, 4 an image: (30 - 10) / 4.
  EXPECT_EQ(largest_micro_batch({.images = 2, .fixed = 10, .peak = 18, .available = 30}), 5);
  EXPECT_EQ(largest_micro_batch({.images = 2, .fixed = 10, .peak = 30, .available = 30}), 2);
}

TEST(MicroBatches, EndWhereNothingFitsAndWithOtherErrors) {
  Device device{0};
  EXPECT_THROW(MicroBatches(true, torch::kCPU).step({batch_of(4)}, std::ref(device)), Error);
  EXPECT_THROW(MicroBatches(true, torch::kCPU).step({batch_of(4)}, [](const auto&) -> StepResult { throw std::logic_error("other"); }),
               std::logic_error);
}

}  // namespace
}  // namespace seg
