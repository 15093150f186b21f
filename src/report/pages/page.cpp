#include "report/pages/page.hpp"

#include <kainjow/mustache.hpp>

#include <algorithm>
#include <numeric>

#include "base/error.hpp"
#include "report/pages/web.hpp"

namespace seg {

namespace {

using nlohmann::ordered_json;
namespace mustache = kainjow::mustache;

mustache::data data_of(const ordered_json& json) {
  if (json.is_object()) {
    mustache::data object{mustache::data::type::object};
    for (const auto& [key, value] : json.items()) object[key] = data_of(value);
    return object;
  }
  if (json.is_array()) {
    mustache::list list;
    for (const ordered_json& value : json) list.push_back(data_of(value));
    return list;
  }
  if (json.is_null()) return false;
  if (json.is_boolean()) return json.get<bool>();
  return json.is_string() ? json.get<std::string>() : json.dump();
}

/// The library ignores names in a template without a value; this context makes them an error.
class Names : public mustache::context<std::string> {
 public:
  Names(const mustache::data* values, const mustache::data* partials) : context(values), partials_(partials) {}

  const mustache::data* get(const std::string& name) const override { return known(context::get(name), name); }
  const mustache::data* get_partial(const std::string& name) const override { return known(partials_->get(name), name); }

 private:
  static const mustache::data* known(const mustache::data* found, const std::string& name) {
    if (found == nullptr) throw Error(ErrorKind::kInternal, "a template uses '" + name + "', which has no value");
    return found;
  }

  const mustache::data* partials_;
};

/// JSON that is safe in a <script> element: without '<' no end tag or comment can begin in it.
std::string json_for_script(const ordered_json& data) {
  std::string escaped;
  for (const char c : data.dump(-1, ' ', false, ordered_json::error_handler_t::replace))
    escaped.append(c == '<' ? "\\u003c" : std::string_view(&c, 1));
  return escaped;
}

constexpr std::size_t kLongestNumber = 36;  // bytes of "+1.20 (-0.31 to +2.80)" and more; longer cells hold words, which may wrap

ordered_json heat_cell(const HeatTable& table, std::size_t row, std::size_t column, std::int64_t sum) {
  const std::int64_t count = table.counts[row][column];
  const double share = sum > 0 ? static_cast<double>(count) / static_cast<double>(sum) : 0.0;
  return {{"share", fixed(share, 3)},
          {"title", table.rows[row] + " \u2192 " + table.columns[column] + ": " + std::to_string(count) + " pixels, " + percent(share, 2) + " %"},
          {"text", share >= 0.005 ? percent(share, 0) : ""}};
}

}  // namespace

std::string rendered(std::string_view text, const ordered_json& values, const ordered_json& partials) {
  mustache::mustache page{std::string(text)};
  const mustache::data data = data_of(values), parts = data_of(partials);
  Names names(&data, &parts);
  std::string html = page.render(names);
  if (!page.is_valid()) throw Error(ErrorKind::kInternal, "a template is damaged: " + page.error_message());
  return html;
}

std::string html_page(const Page& page) {
  ordered_json values = page.values;
  values["page"] = {{"title", page.title},
                    {"style", kPageStyle},
                    {"data", json_for_script(page.data)},
                    {"scripts", ordered_json::array({kChartLibrary, kPageScript, page.script})}};
  return rendered(kPageTemplate, values, {{"body", page.body}, {"chart", kChartTemplate}, {"table", kTableTemplate}, {"heat", kHeatTemplate}});
}

ordered_json chart_values(const std::string& id, const std::string& title, int height, const std::string& note) {
  return {{"id", id}, {"title", title}, {"height", height}, {"note", note.empty() ? ordered_json(nullptr) : ordered_json(note)}};
}

ordered_json table_values(const TextTable& table, const std::string& label) {
  ordered_json rows = ordered_json::array();
  std::size_t longest = 0;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    ordered_json cells = ordered_json::array();
    for (std::size_t column = 0; column < table.rows[row].size(); ++column) {
      cells.push_back({{"text", table.rows[row][column]}, {"best", table.best.contains({row, column})}});
      if (column > 0) longest = std::max(longest, table.rows[row][column].size());
    }
    rows.push_back({{"cells", std::move(cells)}});
  }
  return {{"label", label}, {"header", table.header}, {"rows", std::move(rows)}, {"wraps", longest > kLongestNumber}};
}

ordered_json heat_values(const HeatTable& table) {
  ordered_json rows = ordered_json::array();
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const std::int64_t sum = std::accumulate(table.counts[row].begin(), table.counts[row].end(), std::int64_t{0});
    ordered_json cells = ordered_json::array();
    for (std::size_t column = 0; column < table.columns.size(); ++column) cells.push_back(heat_cell(table, row, column, sum));
    rows.push_back({{"name", table.rows[row]}, {"cells", std::move(cells)}});
  }
  return {{"corner", table.corner}, {"columns", table.columns}, {"rows", std::move(rows)}};
}

}  // namespace seg
