#include "report/comparison_page.hpp"

#include "report/comparison_tables.hpp"
#include "report/page.hpp"
#include "report/web.hpp"

namespace seg {

namespace {

using nlohmann::ordered_json;

ordered_json in_per_cent(std::optional<double> fraction) { return fraction ? ordered_json(100.0 * *fraction) : ordered_json(nullptr); }

/// Of each class, from frequent to rare: the mean of the group less that of the first one.
ordered_json differences_by_class(const Comparison& comparison, const LossGroup& group, Spread ClassSpread::*score) {
  ordered_json values = ordered_json::array();
  for (const std::size_t c : frequent_to_rare(comparison)) {
    const std::optional<double> value = (group.classes[c].*score).mean;
    const std::optional<double> base = (comparison.groups.front().classes[c].*score).mean;
    values.push_back(value && base ? in_per_cent(*value - *base) : ordered_json(nullptr));
  }
  return values;
}

ordered_json comparison_data(const Comparison& comparison) {
  ordered_json names = ordered_json::array();
  for (const std::size_t c : frequent_to_rare(comparison)) names.push_back(comparison.class_names[c]);
  ordered_json losses = ordered_json::array();
  for (const LossGroup& group : comparison.groups) {
    ordered_json runs = ordered_json::array();
    for (const RunResult& result : comparison.runs) {
      if (result.run.loss != group.loss) continue;
      const Scores& scores = result.evaluation.scores;
      runs.push_back({{"seed", result.run.seed}, {"x", in_per_cent(scores.mean_accuracy)}, {"y", in_per_cent(scores.mean_iou)}});
    }
    losses.push_back({{"name", group.loss},
                      {"runs", std::move(runs)},
                      {"mean", {{"x", in_per_cent(group.mean_accuracy.mean)}, {"y", in_per_cent(group.mean_iou.mean)}}},
                      {"accuracy", differences_by_class(comparison, group, &ClassSpread::accuracy)},
                      {"iou", differences_by_class(comparison, group, &ClassSpread::iou)},
                      {"precision", differences_by_class(comparison, group, &ClassSpread::precision)}});
  }
  return {{"names", std::move(names)}, {"losses", std::move(losses)}};
}

std::string difference_charts(const Comparison& comparison) {
  if (comparison.groups.size() < 2) return "";
  const std::size_t bars = comparison.class_names.size() * (comparison.groups.size() - 1);
  const int height = 90 + static_cast<int>(12 * bars + 14 * comparison.class_names.size());
  const std::string against = " less that of " + comparison.groups.front().loss + ", points";
  return "<h2>Differences by class</h2>\n<p>Mean over the runs of a loss; from frequent to rare classes.</p>\n<div class=\"charts three\">\n" +
         chart_html("chart-iou", "IoU" + against, height) + chart_html("chart-accuracy", "Accuracy" + against, height) +
         chart_html("chart-precision", "Precision" + against, height) + "</div>\n";
}

/// Rows are the predicted classes, columns the truth of the pixels they take; the class's own pixels are left out.
HeatTable taken_table(const Comparison& comparison, const ConfusionTable& confusion) {
  HeatTable table{.corner = "takes ↓ from →", .rows = {}, .columns = {}, .counts = {}};
  const std::vector<std::size_t> order = frequent_to_rare(comparison);
  for (const std::size_t predicted : order) {
    table.rows.push_back(comparison.class_names[predicted]);
    std::vector<std::int64_t>& row = table.counts.emplace_back();
    for (const std::size_t truth : order)
      row.push_back(truth == predicted ? 0 : confusion.at(static_cast<std::int64_t>(truth), static_cast<std::int64_t>(predicted)));
  }
  table.columns = table.rows;
  return table;
}

std::string false_positive_section(const Comparison& comparison) {
  std::string text = "<h2>False positives</h2>\n<p>" + html_escaped(false_positive_caption()) + "</p>\n" +
                     scrolling(false_positive_table(comparison).html(), "false positives by class") +
                     "<p>All of them, as shares of a class's false positives:</p>\n";
  for (const LossGroup& group : comparison.groups)
    text += "<details><summary>" + html_escaped(group.loss) + "</summary>\n" + heat_html(taken_table(comparison, group.confusion)) + "</details>\n";
  return text;
}

}  // namespace

std::string comparison_page(const Comparison& comparison) {
  std::string body = "<h1>Comparison of losses</h1>\n<p>" + html_escaped(comparison_caption(comparison)) + "</p>\n" +
                     scrolling(main_table(comparison).html(), "scores by loss");
  for (const std::string& note : comparison.notes) body += "<p>Note: " + html_escaped(note) + "</p>\n";
  if (const TextTable table = difference_table(comparison); !table.rows.empty())
    body += "<p>" + html_escaped(difference_caption(comparison)) + "</p>\n" + scrolling(table.html(), "differences with intervals");
  body += chart_html("chart-scatter", "Mean accuracy against mIoU", 420, "small points: runs; diamonds: means of a loss");
  body += difference_charts(comparison);
  for (const Section& section : class_sections(comparison))
    body += "<h2>" + html_escaped(section.title) + "</h2>\n" + scrolling(section.table.html(), section.title);
  return html_page("Comparison of losses", body + false_positive_section(comparison), comparison_data(comparison), kComparisonScript);
}

}  // namespace seg
