#include "report/run/progress_bar.hpp"

#include <gmock/gmock.h>

#include <sstream>

namespace seg {
namespace {

TEST(ProgressBar, SaysHowFarHowFastAndHowLong) {
  EXPECT_EQ(progress_bar_text(12, 60, "images", 4.0, 0), "12/60 images  3.0 images/s  left 0:00:16");
  EXPECT_EQ(progress_bar_text(12, 0, "frames", 4.0, 200), "12 frames  3.0 frames/s");
}

TEST(ProgressBar, FillsAWideTerminal) {
  const std::string text = progress_bar_text(30, 60, "images", 10.0, 80);
  EXPECT_THAT(text, testing::StartsWith("[="));
  EXPECT_LT(text.size(), 80U);
  EXPECT_EQ(std::count(text.begin(), text.end(), '='), std::count(text.begin(), text.begin() + static_cast<long>(text.find(']')), ' '));
  EXPECT_THAT(progress_bar_text(70, 60, "images", 10.0, 80), testing::HasSubstr("==] 70/60"));  // a video's header may promise too few
}

TEST(ProgressBar, IsSilentAboutAShortJobInALog) {
  std::ostringstream out;
  {
    ProgressBar bar(
        out, [] { return 0; }, 3, "images");
    for (int i = 0; i < 3; ++i) bar.advance();
  }
  EXPECT_EQ(out.str(), "");
}

TEST(ProgressBar, EndsItsLineOnATerminal) {
  std::ostringstream out;
  {
    ProgressBar bar(
        out, [] { return 80; }, 1, "images");
    bar.advance();
  }
  EXPECT_THAT(out.str(), testing::AllOf(testing::StartsWith("\r["), testing::HasSubstr("1/1 images"), testing::EndsWith("\n")));
}

}  // namespace
}  // namespace seg
