#include "report/page.hpp"

#include <numeric>

#include "report/text.hpp"
#include "report/web.hpp"

namespace seg {

namespace {

/// JSON as it can stand in a <script> element: without '<' no end tag or comment can begin in it.
std::string json_for_script(const nlohmann::ordered_json& data) {
  std::string escaped;
  for (const char c : data.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)) {
    if (c == '<')
      escaped += "\\u003c";
    else
      escaped += c;
  }
  return escaped;
}

std::string script_element(std::string_view text) { return "<script>\n" + std::string(text) + "</script>\n"; }

std::string heat_cell(const HeatTable& table, std::size_t row, std::size_t column, std::int64_t sum) {
  const std::int64_t count = table.counts[row][column];
  const double share = sum > 0 ? static_cast<double>(count) / static_cast<double>(sum) : 0.0;
  const std::string title =
      html_escaped(table.rows[row] + " \u2192 " + table.columns[column] + ": " + std::to_string(count) + " pixels, " + percent(share, 2) + " %");
  const std::string text = share >= 0.005 ? percent(share, 0) : "";
  return "<td style=\"--v:" + fixed(share, 3) + "\" title=\"" + title + "\">" + text + "</td>";
}

}  // namespace

std::string html_page(const std::string& title, const std::string& body, const nlohmann::ordered_json& data, std::string_view script) {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>" +
         html_escaped(title) + "</title>\n<style>\n" + std::string(kPageStyle) + "</style>\n</head>\n<body>\n<main>\n" + body +
         "</main>\n<script type=\"application/json\" id=\"data\">" + json_for_script(data) + "</script>\n" + script_element(kChartLibrary) +
         script_element(kPageScript) + script_element(script) + "</body>\n</html>\n";
}

std::string chart_html(const std::string& id, const std::string& title, int height, const std::string& note) {
  const std::string text = html_escaped(title);
  return "<figure class=\"chart\" id=\"" + id + "\"><figcaption>" + text + (note.empty() ? "" : " <small>" + html_escaped(note) + "</small>") +
         "</figcaption><div class=\"legend\"></div><div class=\"plot\" style=\"height:" + std::to_string(height) +
         "px\"><canvas role=\"img\" aria-label=\"" + text + "\"></canvas></div></figure>\n";
}

std::string scrolling(const std::string& content, const std::string& label) {
  return R"(<div class="scroll" tabindex="0" role="region" aria-label=")" + html_escaped(label) + "\">\n" + content + "</div>\n";
}

std::string heat_html(const HeatTable& table) {
  std::string text = "<table class=\"heat\">\n<thead><tr><th>" + html_escaped(table.corner) + "</th>";
  for (const std::string& name : table.columns) text += "<th scope=\"col\"><span>" + html_escaped(name) + "</span></th>";
  text += "</tr></thead>\n<tbody>\n";
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const std::int64_t sum = std::accumulate(table.counts[row].begin(), table.counts[row].end(), std::int64_t{0});
    text += "<tr><th scope=\"row\">" + html_escaped(table.rows[row]) + "</th>";
    for (std::size_t column = 0; column < table.columns.size(); ++column) text += heat_cell(table, row, column, sum);
    text += "</tr>\n";
  }
  return scrolling(text + "</tbody>\n</table>\n", table.corner);
}

}  // namespace seg
