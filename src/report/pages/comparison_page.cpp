#include "report/pages/comparison_page.hpp"

#include <algorithm>

#include "report/comparison/comparison_tables.hpp"
#include "report/pages/page.hpp"
#include "report/pages/web.hpp"

namespace seg {

namespace {

using nlohmann::ordered_json;

ordered_json in_per_cent(std::optional<double> fraction) { return fraction ? ordered_json(100.0 * *fraction) : ordered_json(nullptr); }

/// For each class, from frequent to rare: the mean of the group minus the mean of the first group.
ordered_json differences_by_class(const Comparison& comparison, const LossGroup& group, Spread ClassSpread::*score) {
  ordered_json values = ordered_json::array();
  for (const std::size_t c : frequent_to_rare(comparison.class_pixels)) {
    const std::optional<double> value = (group.classes[c].*score).mean;
    const std::optional<double> base = (comparison.groups.front().classes[c].*score).mean;
    values.push_back(value && base ? in_per_cent(*value - *base) : ordered_json(nullptr));
  }
  return values;
}

ordered_json comparison_data(const Comparison& comparison) {
  ordered_json names = ordered_json::array();
  for (const std::size_t c : frequent_to_rare(comparison.class_pixels)) names.push_back(comparison.class_names[c]);
  ordered_json losses = ordered_json::array();
  for (const LossGroup& group : comparison.groups) {
    ordered_json runs = ordered_json::array();
    for (const RunResult& result : comparison.runs) {
      if (result.run.label != group.loss) continue;
      const Scores& scores = result.evaluation.scores;
      runs.push_back({{"seed", result.run.seed}, {"x", in_per_cent(scores.mean_accuracy)}, {"y", in_per_cent(scores.mean_iou)}});
    }
    ordered_json curve = ordered_json::array();
    for (const CurvePoint& point : group.curve)
      curve.push_back({{"tau", point.tau}, {"x", in_per_cent(point.mean_accuracy)}, {"y", in_per_cent(point.mean_iou)}});
    losses.push_back({{"name", group.loss},
                      {"baseline", std::ranges::find(comparison.baselines, group.loss) != comparison.baselines.end()},
                      {"curve", std::move(curve)},
                      {"sd", {{"x", in_per_cent(group.mean_accuracy.sd)}, {"y", in_per_cent(group.mean_iou.sd)}}},
                      {"runs", std::move(runs)},
                      {"mean", {{"x", in_per_cent(group.mean_accuracy.mean)}, {"y", in_per_cent(group.mean_iou.mean)}}},
                      {"accuracy", differences_by_class(comparison, group, &ClassSpread::accuracy)},
                      {"iou", differences_by_class(comparison, group, &ClassSpread::iou)},
                      {"precision", differences_by_class(comparison, group, &ClassSpread::precision)}});
  }
  return {{"names", std::move(names)}, {"losses", std::move(losses)}};
}

/// Null if there is nothing to compare.
ordered_json differences_by_class(const Comparison& comparison) {
  if (comparison.groups.size() < 2) return nullptr;
  const std::size_t bars = comparison.class_names.size() * (comparison.groups.size() - 1);
  const int height = 90 + static_cast<int>(12 * bars + 14 * comparison.class_names.size());
  const std::string against = " minus that of " + comparison.groups.front().loss + ", percentage points";
  return {{"charts",
           ordered_json::array({chart_values("chart-iou", "IoU" + against, height), chart_values("chart-accuracy", "Accuracy" + against, height),
                                chart_values("chart-precision", "Precision" + against, height)})}};
}

/// Rows are predicted classes, columns the true classes of their pixels; without the correct pixels.
HeatTable taken_table(const Comparison& comparison, const ConfusionTable& confusion) {
  HeatTable table{.corner = "prediction ↓ ground truth →", .rows = {}, .columns = {}, .counts = {}};
  const std::vector<std::size_t> order = frequent_to_rare(comparison.class_pixels);
  for (const std::size_t predicted : order) {
    table.rows.push_back(comparison.class_names[predicted]);
    std::vector<std::int64_t>& row = table.counts.emplace_back();
    for (const std::size_t truth : order)
      row.push_back(truth == predicted ? 0 : confusion.at(static_cast<std::int64_t>(truth), static_cast<std::int64_t>(predicted)));
  }
  table.columns = table.rows;
  return table;
}

/// Explains the scatter plot.
std::string scatter_note(const Comparison& comparison) {
  std::string measured;
  for (const LossGroup& group : comparison.groups) {
    if (group.curve.empty() || std::ranges::find(comparison.baselines, group.loss) == comparison.baselines.end()) continue;
    measured += (measured.empty() ? "; thick, for mIoU over the curve: " : " and ") + group.loss;
  }
  return "small points: runs; diamonds: mean and standard deviation of a loss; dashed: the same checkpoints with logit adjustment from -1 to 1, "
         "which needs no training" +
         measured;
}

/// Null for a table without rows.
ordered_json section_values(const Section& section, const std::string& label) {
  if (section.table.rows.empty()) return nullptr;
  return {{"caption", section.heading}, {"table", table_values(section.table, label)}};
}

ordered_json false_positive_values(const Comparison& comparison) {
  ordered_json losses = ordered_json::array();
  for (const LossGroup& group : comparison.groups)
    losses.push_back({{"loss", group.loss}, {"heat", heat_values(taken_table(comparison, group.confusion))}});
  const Section section = false_positive_section(comparison);
  return {{"caption", section.heading}, {"table", table_values(section.table, "false positives by class")}, {"losses", std::move(losses)}};
}

}  // namespace

std::string comparison_page(const Comparison& comparison, const std::string& pictures) {
  ordered_json sections = ordered_json::array();
  for (const Section& section : class_sections(comparison))
    sections.push_back({{"title", section.heading}, {"table", table_values(section.table, section.heading)}});
  return html_page({.title = "Comparison of losses",
                    .body = kComparisonTemplate,
                    .values = {{"caption", comparison_caption(comparison)},
                               {"scores", table_values(main_table(comparison), "scores by loss")},
                               {"notes", comparison.notes},
                               {"side_by_side", pictures.empty() ? ordered_json(nullptr) : ordered_json{{"svg", pictures}}},
                               {"differences", section_values(difference_section(comparison), "differences with intervals")},
                               {"scatter", chart_values("chart-scatter", "Mean accuracy against mIoU", 520, scatter_note(comparison))},
                               {"fine", section_values(fine_section(comparison), "scores by image and at boundaries")},
                               {"differences_by_class", differences_by_class(comparison)},
                               {"sections", std::move(sections)},
                               {"false_positives", false_positive_values(comparison)}},
                    .data = comparison_data(comparison),
                    .script = kComparisonScript});
}

}  // namespace seg
