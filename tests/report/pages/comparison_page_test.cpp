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

}  // namespace
}  // namespace seg
