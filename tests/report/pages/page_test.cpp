#include "report/pages/page.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"

namespace seg {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Page, TablesEscapeCellsAndLabels) {
  const TextTable table{.header = {"a&b"}, .rows = {{"<script>&\"'"}, {""}}};
  const std::string html = html_page({.title = "<t>", .body = "{{#table}}{{>table}}{{/table}}", .values = {{"table", table_values(table, "\"x\"")}}});
  EXPECT_THAT(html, HasSubstr("<title>&lt;t&gt;</title>"));
  EXPECT_THAT(html, HasSubstr("aria-label=\"&quot;x&quot;\""));
  EXPECT_THAT(html, HasSubstr("<th>a&amp;b</th>"));
  EXPECT_THAT(html, HasSubstr("<tr><td>&lt;script&gt;&amp;&quot;&apos;</td></tr>\n<tr><td></td></tr>"));
}

TEST(Page, TextOfUsersIsNoTemplate) {
  const std::string html = html_page({.body = "<p>{{x}}</p>", .values = {{"x", "{{{page.title}}} {{#y}}"}}});
  EXPECT_THAT(html, HasSubstr("<p>{{{page.title}}} {{#y}}</p>"));
}

TEST(Page, DataCannotEndItsScript) {
  const std::string html = html_page({.body = "", .values = {{"x", 1}}, .data = {{"name", "</script><!--"}}});
  EXPECT_THAT(html, HasSubstr(R"(id="data">{"name":"\u003c/script>\u003c!--"}</script>)"));
}

TEST(Page, ChartsHaveANoteWhereThereIsOne) {
  const auto with = [](const std::string& note) {
    return html_page({.body = "{{#chart}}{{>chart}}{{/chart}}", .values = {{"chart", chart_values("c", "Loss", 90, note)}}});
  };
  EXPECT_THAT(with("log"), HasSubstr("<figcaption>Loss <small>log</small></figcaption>"));
  EXPECT_THAT(with(""), HasSubstr("<figcaption>Loss</figcaption>"));
  EXPECT_THAT(with(""), HasSubstr("style=\"height:90px\""));
}

TEST(Page, HeatIsTheShareOfTheRow) {
  const HeatTable table{.corner = "c", .rows = {"road"}, .columns = {"road", "sky"}, .counts = {{996, 4}}};
  const std::string html = html_page({.body = "{{#heat}}{{>heat}}{{/heat}}", .values = {{"heat", heat_values(table)}}});
  EXPECT_THAT(html, HasSubstr("<td style=\"--v:0.996\" title=\"road → road: 996 pixels, 99.60 %\">100</td>"));
  EXPECT_THAT(html, HasSubstr("<td style=\"--v:0.004\" title=\"road → sky: 4 pixels, 0.40 %\"></td>"));
}

TEST(Page, RefusesDamagedTemplatesAndNamesThatAreNotThere) {
  const auto error_of = [](std::string_view body) -> std::string {
    try {
      html_page({.body = body, .values = {{"x", 1}}});
    } catch (const Error& error) {
      return error.what();
    }
    return "none";
  };
  EXPECT_EQ(error_of("{{x}}"), "none");
  EXPECT_THAT(error_of("{{y}}"), HasSubstr("'y'"));
  EXPECT_THAT(error_of("{{>y}}"), HasSubstr("'y'"));
  EXPECT_THAT(error_of("{{#x}}"), HasSubstr("damaged"));
}

}  // namespace
}  // namespace seg
