#include "report/run/console.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <sstream>

namespace seg {
namespace {

Event train_event() {
  return {.kind = EventKind::kTrain,
          .iteration = 120,
          .values = {{"loss", 1.25},
                     {"learning_rate", 9.1e-4},
                     {"images_per_second", 23.44},
                     {"data_wait", 0.02},
                     {"seconds_left", 754.0},
                     {"iterations", 1125}}};
}

TEST(Console, ProgressLineHoldsEverything) {
  EXPECT_EQ(progress_line(train_event()), "120/1125  loss 1.2500  lr 9.10e-04  23.4 images/s  waiting 2 %  left 0:12:34");
}

TEST(Console, ProgressLineBearsMissingAndUndefinedValues) {
  Event event{.kind = EventKind::kTrain, .iteration = 3, .values = {{"loss", std::numeric_limits<double>::quiet_NaN()}}};
  EXPECT_EQ(progress_line(event), "3/-  loss -  lr -  - images/s  waiting - %  left -");
}

TEST(Console, EventLineNamesScalars) {
  const Event event{.kind = EventKind::kValidation,
                    .iteration = 500,
                    .values = {{"mean_iou", 0.41234}, {"classes", {1, 2}}, {"mean_f1", nullptr}, {"split", "val"}, {"images", 7}}};
  EXPECT_EQ(event_line(event), "validation 500: mean_iou 0.4123, mean_f1 -, split val, images 7");
}

TEST(Console, DurationsCountHours) {
  EXPECT_EQ(duration_text(59.6), "0:01:00");
  EXPECT_EQ(duration_text(100 * 3600.0), "100:00:00");
  EXPECT_EQ(duration_text(std::numeric_limits<double>::infinity()), "-");
}

TEST(Console, WritesPlainLinesElsewhere) {
  std::ostringstream out;
  ConsoleReporter reporter(out, [] { return 0; });
  reporter.report(train_event());
  reporter.report({.kind = EventKind::kEnd, .iteration = 121});
  EXPECT_EQ(out.str(), progress_line(train_event()) + "\nend 121\n");
}

TEST(Console, RedrawsOneLineOfTheTerminalsWidth) {
  std::ostringstream out;
  int columns = 120;
  ConsoleReporter reporter(out, [&] { return columns; });
  reporter.report(train_event());
  const std::string line = progress_line(train_event());
  EXPECT_EQ(out.str(), "\r" + line + std::string(119 - line.size(), ' '));

  out.str("");
  columns = 5;  // never narrower than 20
  reporter.report(train_event());
  EXPECT_EQ(out.str(), "\r" + line.substr(0, 19));
}

TEST(Console, EndsTheDrawnLineBeforeOtherEvents) {
  std::ostringstream out;
  {
    ConsoleReporter reporter(out, [] { return 20; });
    reporter.report(train_event());
    reporter.report({.kind = EventKind::kCheckpoint, .iteration = 1});
    reporter.report(train_event());
  }
  const std::string drawn = "\r" + progress_line(train_event()).substr(0, 19);
  EXPECT_EQ(out.str(), drawn + "\ncheckpoint 1\n" + drawn + "\n");
}

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

TEST(ProgressBar, TakesATotalThatIsKnownLateAndDrawsTheEndOnce) {
  std::ostringstream out;
  ProgressBar bar(
      out, [] { return 80; }, 0, "MB");
  bar.show(3, 4);  // too early to draw
  for (int i = 0; i < 3; ++i) bar.show(4, 4);
  const std::string text = out.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\r'), 1);
  EXPECT_THAT(text, testing::HasSubstr("4/4 MB"));
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
