#include "base/nearest.hpp"

#include <gtest/gtest.h>

#include "support/support.hpp"

namespace seg {
namespace {

const std::vector<std::string> kNames = {"batch_size", "lr", "iterations", "seed", "val_interval"};

TEST(Nearest, FindsATypingError) { EXPECT_EQ(nearest("batchsize", kNames), "batch_size"); }
TEST(Nearest, CountsSwappedNeighboursOnce) { EXPECT_EQ(nearest("sede", {"sexy", "seed"}), "seed"); }
TEST(Nearest, IgnoresCaseAndDashes) { EXPECT_EQ(nearest("Val-Interval", kNames), "val_interval"); }
TEST(Nearest, CompletesABeginning) { EXPECT_EQ(nearest("iter", kNames), "iterations"); }
TEST(Nearest, PrefersTheNearerOne) { EXPECT_EQ(nearest("recal", {"recall", "rec", "real"}), "recall"); }
TEST(Nearest, SaysNothingWhenNothingIsNear) { EXPECT_EQ(nearest("backbone", kNames), ""); }
TEST(Nearest, ReplacesNoWholeName) { EXPECT_EQ(nearest("x", {"y"}), ""); }
TEST(Nearest, TakesEmptyInput) {
  EXPECT_EQ(nearest("", kNames), "");
  EXPECT_EQ(nearest("lr", {}), "");
}
TEST(Nearest, IsQuickForAHugeName) { EXPECT_EQ(nearest(std::string(1 << 20, 'a'), kNames), ""); }

TEST(NearestFile, LooksAtTheYamlFilesOfTheFolder) {
  const test::TemporaryFolder folder;
  for (const char* name : {"recall.yaml", "recal.txt", "other.yaml"}) test::write_text(folder / name, "");
  EXPECT_EQ(nearest_file(folder.path(), "recal.yaml"), "recall.yaml");
  EXPECT_EQ(nearest_file(folder.path(), "recal"), "recall.yaml");
  EXPECT_EQ(nearest_file(folder.path(), "refer.yaml"), "");  // the extension says nothing
  EXPECT_EQ(nearest_file(folder / "none", "recal.yaml"), "");
}

}  // namespace
}  // namespace seg
