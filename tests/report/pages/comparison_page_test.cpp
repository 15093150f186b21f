#include "report/pages/comparison_page.hpp"

#include <gmock/gmock.h>

#include "report/compared_run.hpp"

namespace seg {
namespace {

using test::run_of;
using ::testing::HasSubstr;

TEST(ComparisonPage, IsEscaped) {
  const std::string html = comparison_page(compare_runs({run_of("<b>", 0, 0.5, 0.4)}));
  EXPECT_THAT(html, HasSubstr("<td>&lt;b&gt;</td>"));
  EXPECT_EQ(html.find("<b>"), std::string::npos);
}

TEST(ComparisonPage, HoldsThePointsOfTheScatter) {
  const std::string html = comparison_page(compare_runs({run_of("ce", 0, 0.5, 0.4), run_of("recall", 0, 0.6, 0.3), run_of("recall", 1, 0.6, 0.3)}));
  EXPECT_THAT(html, HasSubstr(R"({"seed":1,"x":60.0,"y":30.0}],"mean":{"x":60.0,"y":30.0})"));
}

TEST(ComparisonPage, MarksTheCurvesThatHeightsAreMeasuredOver) {
  std::vector<RunResult> runs{run_of("ce", 0, 0.5, 0.4), run_of("recall", 0, 0.6, 0.3), run_of("focal", 0, 0.6, 0.3)};
  for (RunResult& run : runs) {
    run.images = {{"a", {{10, 4, 4}, {10, 10, 16}}}, {"b", {{10, 4, 4}, {10, 10, 16}}}};
    run.curve = {"test", "", {0.0, 0.5}, {run.images, run.images}};
  }
  const std::string html = comparison_page(compare_runs(runs, {.baselines = {"recall", "ce"}}));
  EXPECT_THAT(html, HasSubstr(R"({"name":"recall","baseline":true,)"));
  EXPECT_THAT(html, HasSubstr(R"({"name":"ce","baseline":true,)"));
  EXPECT_THAT(html, HasSubstr(R"({"name":"focal","baseline":false,)"));
  EXPECT_THAT(html, HasSubstr("thick, for mIoU over the curve: recall and ce"));
  EXPECT_THAT(html, HasSubstr(">mIoU over the curve of recall<"));
  EXPECT_THAT(html, HasSubstr(">mIoU over the curve of ce<"));
  EXPECT_THAT(comparison_page(compare_runs({run_of("ce", 0, 0.5, 0.4)})), testing::Not(HasSubstr("thick, for")));
}

TEST(ComparisonPage, OpensWithTheScatterAndThePictures) {
  const std::string html = comparison_page(compare_runs({run_of("ce", 0, 0.5, 0.4), run_of("recall", 0, 0.6, 0.3)}), "<svg>pictures</svg>");
  EXPECT_LT(html.find("id=\"chart-scatter\""), html.find("<svg>pictures</svg>"));
  EXPECT_LT(html.find("<svg>pictures</svg>"), html.find("<table"));
  EXPECT_THAT(html, HasSubstr("<td class=\"best\">60.0</td>"));
}

}  // namespace
}  // namespace seg
