// A self-contained HTML page with charts: it contains style, library, data and scripts, so it opens from disk without a network.
//
//   The markup is in the mustache templates of src/report/pages/web (mustache(5)): {{x}} is escaped; {{{x}}} is for values that are HTML, JSON
//   for a script, or a script. The values of a template are a JSON object; null and [] leave a section out.
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
  std::string_view body = {};          // template of the content of <main>
  nlohmann::ordered_json values = {};  // values of the template
  nlohmann::ordered_json data = {};    // data for the scripts
  std::string_view script = {};        // script of the page, after the shared one
};

/// A template filled with values; `partials` are the templates that it includes. Throws kInternal if a template is damaged or uses a name without a
/// value.
std::string rendered(std::string_view text, const nlohmann::ordered_json& values,
                     const nlohmann::ordered_json& partials = nlohmann::ordered_json::object());

/// Throws as rendered() does.
std::string html_page(const Page& page);

/// Values for {{>chart}}: the place of a chart that the script fills; `title` is shown above it and read by screen readers. `height` in
/// pixels.
nlohmann::ordered_json chart_values(const std::string& id, const std::string& title, int height = 280, const std::string& note = "");

/// Values for {{>table}}, which scrolls on its own, also with the keyboard; `label` is for screen readers.
nlohmann::ordered_json table_values(const TextTable& table, const std::string& label);

/// Rows of counts as a heat map: colour and text (per cent) show the share of the row's sum, the tooltip shows the count.
struct HeatTable {
  std::string corner;                             // text in the corner: what rows and columns are
  std::vector<std::string> rows;                  // names
  std::vector<std::string> columns;               // names
  std::vector<std::vector<std::int64_t>> counts;  // [rows][columns]
};
/// Values for {{>heat}}.
nlohmann::ordered_json heat_values(const HeatTable& table);

}  // namespace seg
