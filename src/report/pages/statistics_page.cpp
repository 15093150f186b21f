#include "report/pages/statistics_page.hpp"

#include <numeric>

#include "report/pages/page.hpp"
#include "report/pages/web.hpp"
#include "report/text_table.hpp"
#include "scores/scores.hpp"

namespace seg {

namespace {

using OrderedJson = nlohmann::ordered_json;

TextTable statistics_table(const DataSummary& summary, const std::vector<std::size_t>& order) {
  TextTable table{{"class", "pixels", "share %", "images"}, {}};
  if (!summary.sampled.empty()) table.header.insert(table.header.end(), {"with enough", "P(c) %", "sampled share %"});
  for (const auto& [scheme, weights] : summary.weights) table.header.push_back(scheme);
  const std::vector<double> shares = shares_of(summary.pixels);
  for (const std::size_t c : order) {
    std::vector<std::string>& row = table.rows.emplace_back();
    row = {summary.class_names[c], std::to_string(summary.pixels[c]), percent(shares[c], 3), std::to_string(summary.images[c])};
    if (!summary.sampled.empty()) {
      const SampledClass& sampled = summary.sampled[c];
      row.insert(row.end(), {std::to_string(sampled.images), percent(sampled.probability, 2), percent(sampled.share, 3)});
    }
    for (const auto& [scheme, weights] : summary.weights) row.push_back(fixed(weights[c], 4));
  }
  return table;
}

std::string counted(const DataSummary& summary) {
  return std::to_string(summary.image_count) + " training images, " + std::to_string(summary.ignored_pixels) + " ignored pixels" +
         (summary.sampled.empty() ? ""
                                  : "; P(c): share of the samples drawn for the class, from the images with enough of it; sampled share: share of "
                                    "the pixels in the drawn frames, before cropping");
}

OrderedJson statistics_data(const DataSummary& summary, const std::vector<std::size_t>& order) {
  const std::vector<double> shares = shares_of(summary.pixels);
  OrderedJson names = OrderedJson::array(), percents = OrderedJson::array(), schemes = OrderedJson::array();
  for (const std::size_t c : order) {
    names.push_back((shares[c] < kRareShare ? "★ " : "") + summary.class_names[c]);
    percents.push_back(shares[c] > 0 ? OrderedJson(100.0 * shares[c]) : OrderedJson(nullptr));
  }
  for (const auto& [scheme, weights] : summary.weights) {
    OrderedJson values = OrderedJson::array();
    for (const std::size_t c : order) values.push_back(weights[c]);
    schemes.push_back({{"name", scheme}, {"values", std::move(values)}});
  }
  return {{"names", std::move(names)}, {"shares", std::move(percents)}, {"schemes", std::move(schemes)}};
}

}  // namespace

std::string statistics_text(const DataSummary& summary) {
  std::vector<std::size_t> by_id(summary.class_names.size());
  std::iota(by_id.begin(), by_id.end(), std::size_t{0});
  return statistics_table(summary, by_id).plain() + counted(summary) + "\n";
}

std::string statistics_page(const DataSummary& summary) {
  const std::vector<std::size_t> order = frequent_to_rare(summary.pixels);
  const int classes = static_cast<int>(order.size());
  const int schemes = static_cast<int>(summary.weights.size());
  OrderedJson charts =
      OrderedJson::array({chart_values("chart-shares", "Share of the pixels by class", 70 + 24 * classes, "logarithmic"),
                          chart_values("chart-weights", "Weight of each class by scheme", 90 + (10 * schemes + 10) * classes, "logarithmic")});
  return html_page({.title = summary.title,
                    .body = kStatisticsTemplate,
                    .values = {{"title", summary.title},
                               {"counted", counted(summary)},
                               {"charts", std::move(charts)},
                               {"table", table_values(statistics_table(summary, order), "pixels and weights by class")}},
                    .data = statistics_data(summary, order),
                    .script = kStatisticsScript});
}

}  // namespace seg
