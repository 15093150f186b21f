#include "engine/commands/dry_run.hpp"

#include <gtest/gtest.h>

namespace seg {
namespace {

constexpr std::int64_t kGigabyte = 1 << 30;

TEST(DryRun, TellsTheHostsMemoryOnTheCpu) { EXPECT_EQ(memory_line(torch::kCPU, {}, 3 * kGigabyte / 2), "peak memory: 1.50 GB\n"); }

TEST(DryRun, TellsTheMemoryOfTheGpuBeforeTheHosts) {
  const DeviceMemory memory{.free = 130 * kGigabyte, .used = 10 * kGigabyte, .peak = 25 * kGigabyte};
  EXPECT_EQ(memory_line({torch::kCUDA, 1}, memory, 2 * kGigabyte), "peak memory: 25.00 GB of 140.00 on cuda:1, 2.00 GB on the host\n");
}

}  // namespace
}  // namespace seg
