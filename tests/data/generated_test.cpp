// What the street-scene generator draws is read back by the data sets whose layouts it imitates.
#include <gtest/gtest.h>
#include <opencv2/core.hpp>

#include "data/dataset_registry.hpp"
#include "support/support.hpp"
#include "synthesis/generate.hpp"
#include "synthesis/layouts.hpp"

namespace seg {
namespace {

DataOptions reading(const std::string& layout, const std::filesystem::path& root) {
  DataOptions options;
  options.dataset = layout;
  options.root = root.string();
  if (layout == "folder") options.classes = (root / "classes.yaml").string();
  return options;
}

class StreetLayout : public testing::TestWithParam<std::string> {};

TEST_P(StreetLayout, IsReadBackByTheDataSetOfThatName) {
  const test::TemporaryFolder folder;
  generate_dataset({.layout = GetParam(), .output = folder / "s", .count = 20, .size = {48, 80}});
  const DataOptions options = reading(GetParam(), folder / "s");
  std::int64_t images = 0;
  for (const std::string& split : split_names(options)) {
    const auto dataset = open_files(options, split);
    ASSERT_GT(dataset->size(), 0) << split;
    images += dataset->size();
    const Sample sample = dataset->get(0);
    EXPECT_EQ(sample.image.size(), cv::Size(80, 48));
    EXPECT_LT(cv::countNonZero(sample.labels == kIgnoreLabel), 80 * 48 / 4) << split;
  }
  EXPECT_GE(images, 18);  // the gap of a blocked split may take some
}

INSTANTIATE_TEST_SUITE_P(All, StreetLayout, testing::ValuesIn(synthesis::layout_names()), [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace seg
