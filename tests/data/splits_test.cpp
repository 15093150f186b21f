#include "data/splits.hpp"

#include <gtest/gtest.h>

#include <set>

#include "base/error.hpp"

namespace seg {
namespace {

TEST(RandomSplit, CutsIntoDisjointParts) {
  std::set<std::int64_t> all;
  for (const std::string& split : all_splits()) {
    for (const std::int64_t index : random_split(103, split, 1337)) EXPECT_TRUE(all.insert(index).second) << index;
  }
  EXPECT_EQ(all.size(), 103u);
  EXPECT_EQ(*all.rbegin(), 102);
}

TEST(RandomSplit, Gives70And10And20Percent) {
  EXPECT_EQ(random_split(1000, "train", 1).size(), 700u);
  EXPECT_EQ(random_split(1000, "val", 1).size(), 100u);
  EXPECT_EQ(random_split(1000, "test", 1).size(), 200u);
}

TEST(RandomSplit, DependsOnTheSeedAlone) {
  EXPECT_EQ(random_split(50, "val", 7), random_split(50, "val", 7));
  EXPECT_NE(random_split(50, "val", 7), random_split(50, "val", 8));
}

TEST(RandomSplit, MixesNeighbours) {
  const auto train = random_split(100, "train", 1337);
  EXPECT_GT(train.back(), 80);
}

TEST(BlockedSplit, LeavesAGapOnBothSidesOfVal) {
  const FrameRange train = blocked_split(787, "train", 10);
  const FrameRange val = blocked_split(787, "val", 10);
  const FrameRange test = blocked_split(787, "test", 10);
  EXPECT_EQ(train.begin, 0);
  EXPECT_EQ(val.begin - train.end, 10);
  EXPECT_EQ(test.begin - val.end, 10);
  EXPECT_EQ(test.end, 787);
  EXPECT_EQ(val.end - val.begin, 79);
}

TEST(BlockedSplit, ShortensTheGapOfShortSequences) {
  const FrameRange train = blocked_split(20, "train", 10);
  EXPECT_EQ(train.end, 13);
  EXPECT_EQ(blocked_split(20, "test", 10).begin, 17);
}

TEST(Splits, RefuseUnknownNames) { EXPECT_THROW(blocked_split(10, "validation", 0), Error); }

}  // namespace
}  // namespace seg
