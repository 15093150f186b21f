#include <gtest/gtest.h>

#include <vector>

#include "bench/measure.hpp"

namespace seg {
namespace {

TEST(Memory, SeesScratchThatIsGoneAgain) {
  constexpr std::int64_t kBytes = 64 << 20;
  const auto extra = extra_resident_bytes([] { const std::vector<char> scratch(kBytes, 1); });
  if (!extra) GTEST_SKIP() << "this system does not let a process forget its peak";
  EXPECT_GE(*extra, kBytes - (1 << 20));
  EXPECT_LE(*extra, kBytes + (16 << 20));
}

TEST(Memory, PeakIsAtLeastWhatIsHeld) {
  const std::vector<char> held(32 << 20, 1);
  EXPECT_GE(peak_resident_bytes(), 32 << 20);
}

}  // namespace
}  // namespace seg
