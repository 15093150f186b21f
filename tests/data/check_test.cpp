#include "data/check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/dataset_registry.hpp"
#include "data/png_files.hpp"

namespace seg {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

struct Check : testing::Test {
  Check() {
    options.dataset = "camvid";
    options.root = folder.path().string();
    for (const char* name : {"a", "b", "c"}) {
      test::write_image(image(name), 4, 6);
      test::write_labels(annotation(name), 4, 6, 1);
    }
  }

  std::filesystem::path image(const std::string& name) const { return folder / ("train/" + name + ".png"); }
  std::filesystem::path annotation(const std::string& name) const { return folder / ("trainannot/" + name + ".png"); }
  std::vector<Finding> findings(std::int64_t workers = 2) const { return check_dataset(*open_files(options, "train"), workers).findings; }

  test::TemporaryFolder folder;
  DataOptions options;
};

TEST_F(Check, FindsNothingInGoodData) { EXPECT_THAT(findings(), IsEmpty()); }

TEST_F(Check, CountsEachUnknownValue) {
  cv::Mat labels(4, 6, CV_8UC1, cv::Scalar(17));
  labels.row(0).setTo(40);
  test::write_png(annotation("b"), labels);
  const auto found = findings();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].file, annotation("b").string());
  EXPECT_THAT(found[0].defect, HasSubstr("value 17"));
  EXPECT_EQ(found[0].count, 18);
  EXPECT_THAT(found[1].defect, HasSubstr("value 40"));
  EXPECT_EQ(found[1].count, 6);
}

TEST_F(Check, NamesClassesThatOccurNowhere) {
  test::write_labels(annotation("c"), 4, 6, 0);
  const std::vector<std::string> absent = check_dataset(*open_files(options, "train"), 2).absent_classes;
  EXPECT_EQ(absent.size(), 9u);  // of 11: the files hold the ids 0 and 1
  EXPECT_EQ(absent.front(), "Pole");
}

TEST_F(Check, GoesOnAfterADefectInOrder) {
  test::write_text(image("a"), "not an image");
  test::write_text(annotation("a"), "");
  test::write_labels(annotation("c"), 2, 3, 1);
  for (const std::int64_t workers : {1, 4}) {
    const auto found = findings(workers);
    ASSERT_EQ(found.size(), 3u);
    EXPECT_EQ(found[0].file, image("a").string());
    EXPECT_THAT(found[0].defect, HasSubstr("not a readable image"));
    EXPECT_THAT(found[1].defect, HasSubstr("is empty"));
    EXPECT_EQ(found[2].file, annotation("c").string());
    EXPECT_THAT(found[2].defect, HasSubstr("the labels are 2x3, the image is 4x6"));
  }
}

}  // namespace
}  // namespace seg
