#include "base/files.hpp"
#include "report/comparison/comparison.hpp"
#include "report/comparison/comparison_tables.hpp"

namespace seg {

namespace {

using nlohmann::ordered_json;

ordered_json as_json(const Spread& value) {
  const auto number = [](std::optional<double> x) { return x ? ordered_json(*x) : ordered_json(nullptr); };
  return {{"mean", number(value.mean)}, {"sd", number(value.sd)}};
}

ordered_json as_json(const std::optional<IntervalDifference>& one) {
  return one ? ordered_json{{"value", one->value}, {"low", one->low}, {"high", one->high}} : ordered_json(nullptr);
}

ordered_json as_json(const PairedDifference& difference) {
  return {{"pairs", difference.pairs},
          {"images", difference.images},
          {"blocks", difference.blocks},
          {"mean_accuracy", as_json(difference.mean_accuracy)},
          {"mean_iou", as_json(difference.mean_iou)},
          {"iou_over_curve", as_json(difference.iou_over_curve)}};
}

ordered_json as_json(const std::vector<CurvePoint>& curve) {
  ordered_json points = ordered_json::array();
  for (const CurvePoint& point : curve) points.push_back({{"tau", point.tau}, {"mean_accuracy", point.mean_accuracy}, {"mean_iou", point.mean_iou}});
  return points;
}

/// {"Road": 120, ...}: of which truth the pixels are that were predicted as this class and are not.
ordered_json taken_from(const Comparison& comparison, const LossGroup& group, std::size_t predicted) {
  ordered_json pixels = ordered_json::object();
  for (const Taken& one : false_positives(group.confusion, predicted)) pixels[comparison.class_names[one.truth]] = one.pixels;
  return pixels;
}

ordered_json as_json(const Comparison& comparison) {
  ordered_json losses = ordered_json::array();
  for (const LossGroup& group : comparison.groups) {
    ordered_json classes = ordered_json::array();
    for (const std::size_t c : frequent_to_rare(comparison)) {
      const ClassSpread& one = group.classes[c];
      classes.push_back({{"id", c},
                         {"name", comparison.class_names[c]},
                         {"pixels", comparison.class_pixels[c]},
                         {"accuracy", as_json(one.accuracy)},
                         {"iou", as_json(one.iou)},
                         {"precision", as_json(one.precision)},
                         {"taken_from", taken_from(comparison, group, c)}});
    }
    losses.push_back({{"loss", group.loss},
                      {"runs", group.seeds.size()},
                      {"seeds", group.seeds},
                      {"mean_accuracy", as_json(group.mean_accuracy)},
                      {"mean_iou", as_json(group.mean_iou)},
                      {"mean_precision", as_json(group.mean_precision)},
                      {"overall_accuracy", as_json(group.overall_accuracy)},
                      {"mean_iou_by_image", as_json(group.mean_iou_by_image)},
                      {"mean_iou_by_class", as_json(group.mean_iou_by_class)},
                      {"boundary_iou", as_json(group.boundary_iou)},
                      {"mean_accuracy_change", as_json(group.accuracy_change)},
                      {"mean_iou_change", as_json(group.iou_change)},
                      {"difference", as_json(group.difference)},
                      {"curve", as_json(group.curve)},
                      {"classes", std::move(classes)}});
  }
  ordered_json runs = ordered_json::array();
  for (const RunResult& result : comparison.runs) {
    const auto number = [](std::optional<double> x) { return x ? ordered_json(*x) : ordered_json(nullptr); };
    const Scores& scores = result.evaluation.scores;
    runs.push_back({{"directory", result.run.directory.string()},
                    {"name", result.run.name},
                    {"loss", result.run.loss},
                    {"seed", result.run.seed},
                    {"iterations", result.run.iterations},
                    {"mean_accuracy", number(scores.mean_accuracy)},
                    {"mean_iou", number(scores.mean_iou)},
                    {"mean_precision", number(scores.mean_precision)},
                    {"overall_accuracy", number(scores.overall_accuracy)}});
  }
  return {{"dataset", comparison.dataset}, {"split", comparison.split}, {"frames_a_block", comparison.block}, {"baseline", comparison.baseline},
          {"losses", std::move(losses)},   {"runs", std::move(runs)},   {"notes", comparison.notes}};
}

}  // namespace

std::string comparison_markdown(const Comparison& comparison) {
  std::string text = comparison_caption(comparison) + "\n\n" + main_table(comparison).markdown();
  if (const TextTable table = difference_table(comparison); !table.rows.empty())
    text += "\n" + difference_caption(comparison) + "\n\n" + table.markdown();
  if (const TextTable table = fine_table(comparison); !table.rows.empty()) text += "\n" + fine_caption() + "\n\n" + table.markdown();
  for (const std::string& note : comparison.notes) text += "\nNote: " + note + "\n";
  return text;
}

void write_comparison(const Comparison& comparison, const std::filesystem::path& folder) {
  make_directories(folder);
  std::string markdown = "# Comparison of losses\n\n" + comparison_markdown(comparison);
  for (const Section& section : class_sections(comparison)) markdown += "\n## " + section.title + "\n\n" + section.table.markdown();
  markdown += "\n## False positives\n\n" + false_positive_caption() + "\n\n" + false_positive_table(comparison).markdown();
  write_file_atomic(folder / "comparison.md", markdown);
  write_file_atomic(folder / "comparison.csv", csv_table(comparison).csv());
  write_file_atomic(folder / "false_positives.csv", false_positive_csv(comparison).csv());
  write_file_atomic(folder / "comparison.json", as_json(comparison).dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n");
}

}  // namespace seg
