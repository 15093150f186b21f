#include "report/pages/statistics_page.hpp"

#include <gmock/gmock.h>

namespace seg {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const DataSummary kSummary{.title = "mine",
                           .class_names = {"<script>pole", "road"},
                           .pixels = {5, 995},
                           .images = {1, 4},
                           .image_count = 4,
                           .ignored_pixels = 7,
                           .weights = {{"enet", {40.5, 1.5}}}};

TEST(StatisticsPage, TextHasALineAClassById) {
  EXPECT_EQ(statistics_text(kSummary),
            "class         pixels  share %  images     enet\n"
            "<script>pole       5    0.500       1  40.5000\n"
            "road             995   99.500       4   1.5000\n"
            "4 training images, 7 ignored pixels\n");
}

TEST(StatisticsPage, TellsWhatIsDrawnForRareClasses) {
  DataSummary summary = kSummary;
  summary.sampled = {{1, 0.75, 0.4}, {4, 0.25, 0.6}};
  EXPECT_THAT(statistics_text(summary),
              testing::StartsWith("class         pixels  share %  images  with enough  P(c) %  sampled share %     enet\n"
                                  "<script>pole       5    0.500       1            1   75.00           40.000  40.5000\n"));
  EXPECT_THAT(statistics_page(summary), HasSubstr("<td>75.00</td>"));
}

TEST(StatisticsPage, ChartsGoFromFrequentToRare) {
  const std::string page = statistics_page(kSummary);
  EXPECT_THAT(page, HasSubstr(R"({"names":["road","★ \u003cscript>pole"],"shares":[99.5,0.5],"schemes":[{"name":"enet","values":[1.5,40.5]}]})"));
  EXPECT_THAT(page, HasSubstr("<td>&lt;script&gt;pole</td>"));
  EXPECT_THAT(page, Not(HasSubstr("<script>pole")));
}

}  // namespace
}  // namespace seg
