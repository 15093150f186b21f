#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "report/comparison/comparison.hpp"
#include "report/comparison/comparison_tables.hpp"

namespace seg {

namespace {

using nlohmann::ordered_json;

ordered_json as_json(std::optional<double> value) { return value ? ordered_json(*value) : ordered_json(nullptr); }

ordered_json as_json(const Spread& value) { return {{"mean", as_json(value.mean)}, {"sd", as_json(value.sd)}}; }

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

/// {"Road": 120, ...}: the true classes of the pixels that were wrongly predicted as this class.
ordered_json taken_from(const Comparison& comparison, const LossGroup& group, std::size_t predicted) {
  ordered_json pixels = ordered_json::object();
  for (const Taken& one : false_positives(group.confusion, predicted)) pixels[comparison.class_names[one.truth]] = one.pixels;
  return pixels;
}

ordered_json as_json(const Comparison& comparison) {
  ordered_json losses = ordered_json::array();
  for (const LossGroup& group : comparison.groups) {
    ordered_json classes = ordered_json::array();
    for (const std::size_t c : frequent_to_rare(comparison.class_pixels)) {
      const ClassSpread& one = group.classes[c];
      classes.push_back({{"id", c},
                         {"name", comparison.class_names[c]},
                         {"pixels", comparison.class_pixels[c]},
                         {"accuracy", as_json(one.accuracy)},
                         {"iou", as_json(one.iou)},
                         {"precision", as_json(one.precision)},
                         {"taken_from", taken_from(comparison, group, c)}});
    }
    ordered_json& loss = losses.emplace_back(ordered_json{{"loss", group.loss}, {"runs", group.seeds.size()}, {"seeds", group.seeds}});
    for (const NamedSpread& one : kMainSpreads) loss[one.name] = as_json(group.*one.spread);
    for (const NamedSpread& one : kFineSpreads) loss[one.name] = as_json(group.*one.spread);
    loss["mean_accuracy_change"] = as_json(group.accuracy_change);
    loss["mean_iou_change"] = as_json(group.iou_change);
    loss["difference"] = as_json(group.difference);
    for (std::size_t b = 0; b < comparison.baselines.size(); ++b)
      loss["over_curves"].push_back({{"baseline", comparison.baselines[b]}, {"mean_iou", as_json(group.over_curves[b])}});
    loss["curve"] = as_json(group.curve);
    loss["classes"] = std::move(classes);
  }
  ordered_json runs = ordered_json::array();
  for (const RunResult& result : comparison.runs) {
    ordered_json& run = runs.emplace_back(ordered_json{{"directory", result.run.directory.string()},
                                                       {"name", result.run.name},
                                                       {"loss", result.run.loss},
                                                       {"label", result.run.label},
                                                       {"seed", result.run.seed},
                                                       {"iterations", result.run.iterations}});
    for (const NamedSpread& one : kMainSpreads) run[one.name] = as_json(result.evaluation.scores.*one.score);
  }
  return {{"dataset", comparison.dataset},
          {"split", comparison.split},
          {"frames_a_block", comparison.block},
          {"baseline", comparison.baselines.front()},
          {"baselines", comparison.baselines},
          {"losses", std::move(losses)},
          {"runs", std::move(runs)},
          {"notes", comparison.notes}};
}

}  // namespace

std::string comparison_markdown(const Comparison& comparison) {
  std::string text = comparison_caption(comparison) + "\n\n" + main_table(comparison).markdown();
  for (const Section& section : {difference_section(comparison), fine_section(comparison)})
    if (!section.table.rows.empty()) text += "\n" + section.heading + "\n\n" + section.table.markdown();
  for (const std::string& note : comparison.notes) text += "\nNote: " + note + "\n";
  return text;
}

void write_comparison(const Comparison& comparison, const std::filesystem::path& folder) {
  make_directories(folder);
  std::string markdown = "# Comparison of losses\n\n" + comparison_markdown(comparison);
  for (const Section& section : class_sections(comparison)) markdown += "\n## " + section.heading + "\n\n" + section.table.markdown();
  const Section taken = false_positive_section(comparison);
  markdown += "\n## False positives\n\n" + taken.heading + "\n\n" + taken.table.markdown();
  write_file_atomic(folder / "comparison.md", markdown);
  write_file_atomic(folder / "comparison.csv", csv_table(comparison).csv());
  write_file_atomic(folder / "false_positives.csv", false_positive_csv(comparison).csv());
  write_file_atomic(folder / "comparison.json", as_json(comparison).dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n");
}

}  // namespace seg
