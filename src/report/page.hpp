// A self-contained HTML page with charts: style, library, data and scripts are all inside, so it opens from disk without a network.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace seg {

/// `body` is HTML, `data` what the scripts read, `script` the page's own one after the shared one.
std::string html_page(const std::string& title, const std::string& body, const nlohmann::ordered_json& data, std::string_view script);

/// The place of a chart that the script fills; `title` is shown above and read to those who cannot see it. `height` in pixels.
std::string chart_html(const std::string& id, const std::string& title, int height = 280, const std::string& note = "");

/// What is wide (HTML) scrolls by itself, also with the keyboard.
std::string scrolling(const std::string& content, const std::string& label);

/// Rows of counts as a heat map: the colour and the text (per cent) are the share of the row's sum, a hover tells the count.
struct HeatTable {
  std::string corner;                             // what rows and columns are
  std::vector<std::string> rows;                  // names
  std::vector<std::string> columns;               // names
  std::vector<std::vector<std::int64_t>> counts;  // [rows][columns]
};
std::string heat_html(const HeatTable& table);

}  // namespace seg
