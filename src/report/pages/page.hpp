// A self-contained HTML page with charts: style, library, data and scripts are all inside, so it opens from disk without a network.
//
//   The markup is in the mustache templates of src/report/pages/web (mustache(5)): {{x}} is escaped, {{{x}}} stands for what is HTML, JSON
//   for a script or a script already. What a template can name is a JSON object; null and [] leave a section out.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "report/text_table.hpp"

namespace seg {

struct Page {
  std::string title = {};
  std::string_view body = {};          // template of what stands in <main>
  nlohmann::ordered_json values = {};  // what it names
  nlohmann::ordered_json data = {};    // what the scripts read
  std::string_view script = {};        // the page's own one, after the shared one
};

/// A template with its values; `partials` are the templates that it includes. Throws kInternal where a template is damaged or names what is not there.
std::string rendered(std::string_view text, const nlohmann::ordered_json& values, const nlohmann::ordered_json& partials = nlohmann::ordered_json::object());

/// Throws as rendered() does.
std::string html_page(const Page& page);

/// For {{>chart}}: the place of a chart that the script fills; `title` is shown above and read to those who cannot see it. `height` in
/// pixels.
nlohmann::ordered_json chart_values(const std::string& id, const std::string& title, int height = 280, const std::string& note = "");

/// For {{>table}}, which scrolls by itself, also with the keyboard; `label` is read to those who cannot see it.
nlohmann::ordered_json table_values(const TextTable& table, const std::string& label);

/// Rows of counts as a heat map: the colour and the text (per cent) are the share of the row's sum, a hover tells the count.
struct HeatTable {
  std::string corner;                             // what rows and columns are
  std::vector<std::string> rows;                  // names
  std::vector<std::string> columns;               // names
  std::vector<std::vector<std::int64_t>> counts;  // [rows][columns]
};
/// For {{>heat}}.
nlohmann::ordered_json heat_values(const HeatTable& table);

}  // namespace seg
