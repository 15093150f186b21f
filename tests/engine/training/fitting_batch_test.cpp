#include "engine/training/fitting_batch.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

#include "base/error.hpp"

namespace seg {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Batch batch_of(std::int64_t images) {
  Batch batch{torch::zeros({images, 2, 2, 3}, torch::kUInt8), torch::zeros({images, 2, 2}, torch::kUInt8), {}, {}};
  for (std::int64_t i = 0; i < images; ++i) {
    batch.ids.push_back(std::to_string(i));
    batch.changes.push_back({.flip = i % 2 == 1});
  }
  return batch;
}

/// A device with room for so many images in a pass.
struct Device {
  std::int64_t room;
  std::vector<std::int64_t> tried = {};  // images of each pass, whether it fitted or not
  std::vector<std::string> last_ids = {};
  std::size_t last_changes = 0;

  StepResult operator()(const std::vector<Batch>& batches) {
    for (const Batch& batch : batches) {
      tried.push_back(batch.images.size(0));
      if (batch.images.size(0) > room) throw std::runtime_error("CUDA out of memory. Tried to allocate 20.00 MiB");
      last_ids = batch.ids;
      last_changes = batch.changes.size();
    }
    return {};
  }
};

/// The account of such a device.
std::optional<DeviceMemory> account(torch::Device) { return DeviceMemory{}; }

TEST(StepThatFits, IsMadeOnceWhereItFits) {
  Device device{8};
  step_that_fits({batch_of(8), batch_of(8)}, torch::kCPU, std::ref(device), account);
  EXPECT_THAT(device.tried, ElementsAre(8, 8));
}

TEST(StepThatFits, TellsTheLargestBatchThatWould) {
  Device device{3};
  try {
    step_that_fits({batch_of(8), batch_of(8)}, torch::kCPU, std::ref(device), account);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kMemory);
    EXPECT_THAT(error.what(), HasSubstr("a pass of 8 images does not fit"));
    EXPECT_THAT(error.what(), HasSubstr("a pass of 2 took"));
    EXPECT_THAT(error.hint, HasSubstr("train.batch_size"));
  }
  EXPECT_THAT(device.tried, ElementsAre(8, 4, 2));
  EXPECT_THAT(device.last_ids, ElementsAre("0", "1"));
  EXPECT_EQ(device.last_changes, 2U);
}

TEST(StepThatFits, LargestBatchFollowsFromWhatWasMeasured) {
  // 10 fixed, 4 an image: (30 - 10) / 4.
  EXPECT_EQ(largest_batch({.images = 2, .fixed = 10, .peak = 18, .available = 30}), 5);
  EXPECT_EQ(largest_batch({.images = 2, .fixed = 10, .peak = 30, .available = 30}), 2);
}

TEST(StepThatFits, EndsWhereNothingFitsAndWithOtherErrors) {
  Device device{0};
  EXPECT_THROW(step_that_fits({batch_of(4)}, torch::kCPU, std::ref(device), account), Error);
  EXPECT_THAT(device.tried, ElementsAre(4, 2, 1));
  Device without_account{0};
  EXPECT_THROW(step_that_fits({batch_of(4)}, torch::kCPU, std::ref(without_account)), std::runtime_error);
  EXPECT_THAT(without_account.tried, ElementsAre(4));
  EXPECT_THROW(step_that_fits(
                   {batch_of(4)}, torch::kCPU, [](const auto&) -> StepResult { throw std::logic_error("other"); }, account),
               std::logic_error);
}

}  // namespace
}  // namespace seg
