#include <algorithm>
#include <numeric>

#include "base/files.hpp"
#include "report/comparison.hpp"
#include "report/text.hpp"

namespace seg {

namespace {

using nlohmann::ordered_json;

std::string percent_spread(const Spread& value) { return percent(value.mean) + (value.sd ? " ± " + percent(value.sd) : ""); }

std::string signed_percent_spread(const Spread& value) { return (value.mean && *value.mean >= 0.0 ? "+" : "") + percent_spread(value); }

TextTable main_table(const Comparison& comparison) {
  TextTable table{
      .header = {"loss", "runs", "mean accuracy", "mIoU", "mean precision", "overall accuracy", "mean accuracy against ce", "mIoU against ce"},
      .rows = {}};
  for (const LossGroup& group : comparison.groups) {
    table.rows.push_back({group.loss, std::to_string(group.seeds.size()), percent_spread(group.mean_accuracy), percent_spread(group.mean_iou),
                          percent_spread(group.mean_precision), percent_spread(group.overall_accuracy), signed_percent_spread(group.accuracy_change),
                          signed_percent_spread(group.iou_change)});
  }
  return table;
}

std::vector<std::size_t> frequent_to_rare(const Comparison& comparison) {
  std::vector<std::size_t> order(comparison.class_names.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return comparison.class_pixels[a] > comparison.class_pixels[b]; });
  return order;
}

TextTable class_table(const Comparison& comparison, Spread ClassSpread::*score) {
  TextTable table{.header = {"class", "share of pixels"}, .rows = {}};
  for (const LossGroup& group : comparison.groups) table.header.push_back(group.loss);
  const double pixels = static_cast<double>(std::accumulate(comparison.class_pixels.begin(), comparison.class_pixels.end(), std::int64_t{0}));
  for (const std::size_t c : frequent_to_rare(comparison)) {
    const double share = pixels > 0.0 ? static_cast<double>(comparison.class_pixels[c]) / pixels : 0.0;
    std::vector<std::string>& row = table.rows.emplace_back();
    row = {comparison.class_names[c], percent(share, 3)};
    for (const LossGroup& group : comparison.groups) row.push_back(percent_spread(group.classes[c].*score));
  }
  return table;
}

struct Section {
  std::string title;
  TextTable table;
};

std::vector<Section> class_sections(const Comparison& comparison) {
  return {{"Accuracy by class", class_table(comparison, &ClassSpread::accuracy)},
          {"IoU by class", class_table(comparison, &ClassSpread::iou)},
          {"Precision by class", class_table(comparison, &ClassSpread::precision)}};
}

std::string caption(const Comparison& comparison) {
  return comparison.dataset + ", " + comparison.split + " split; per cent, mean ± standard deviation over seeds; changes are relative.";
}

TextTable csv_table(const Comparison& comparison) {
  TextTable table{.header = {"loss", "runs", "mean_accuracy", "mean_accuracy_sd", "mean_iou", "mean_iou_sd", "mean_precision", "mean_precision_sd",
                             "overall_accuracy", "overall_accuracy_sd", "mean_accuracy_change", "mean_accuracy_change_sd", "mean_iou_change",
                             "mean_iou_change_sd"},
                  .rows = {}};
  for (const LossGroup& group : comparison.groups) {
    std::vector<std::string>& row = table.rows.emplace_back();
    row = {group.loss, std::to_string(group.seeds.size())};
    for (const Spread* value :
         {&group.mean_accuracy, &group.mean_iou, &group.mean_precision, &group.overall_accuracy, &group.accuracy_change, &group.iou_change}) {
      row.push_back(exact(value->mean));
      row.push_back(exact(value->sd));
    }
  }
  return table;
}

ordered_json json_of(const Spread& value) {
  const auto number = [](std::optional<double> x) { return x ? ordered_json(*x) : ordered_json(nullptr); };
  return {{"mean", number(value.mean)}, {"sd", number(value.sd)}};
}

ordered_json json_of(const Comparison& comparison) {
  ordered_json losses = ordered_json::array();
  for (const LossGroup& group : comparison.groups) {
    ordered_json classes = ordered_json::array();
    for (const std::size_t c : frequent_to_rare(comparison)) {
      const ClassSpread& one = group.classes[c];
      classes.push_back({{"id", c},
                         {"name", comparison.class_names[c]},
                         {"pixels", comparison.class_pixels[c]},
                         {"accuracy", json_of(one.accuracy)},
                         {"iou", json_of(one.iou)},
                         {"precision", json_of(one.precision)}});
    }
    losses.push_back({{"loss", group.loss},
                      {"runs", group.seeds.size()},
                      {"seeds", group.seeds},
                      {"mean_accuracy", json_of(group.mean_accuracy)},
                      {"mean_iou", json_of(group.mean_iou)},
                      {"mean_precision", json_of(group.mean_precision)},
                      {"overall_accuracy", json_of(group.overall_accuracy)},
                      {"mean_accuracy_change", json_of(group.accuracy_change)},
                      {"mean_iou_change", json_of(group.iou_change)},
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
  return {{"dataset", comparison.dataset},
          {"split", comparison.split},
          {"losses", std::move(losses)},
          {"runs", std::move(runs)},
          {"notes", comparison.notes}};
}

std::string html_page(const Comparison& comparison) {
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Comparison of losses</title>\n<style>"
      "body{font:15px/1.5 sans-serif;margin:2em}table{border-collapse:collapse;margin:1em 0}th,td{padding:.25em .8em;"
      "border-bottom:1px solid #ccc;text-align:right}th:first-child,td:first-child{text-align:left}</style></head><body>\n"
      "<h1>Comparison of losses</h1>\n<p>" +
      html_escaped(caption(comparison)) + "</p>\n" + main_table(comparison).html();
  for (const std::string& note : comparison.notes) page += "<p>Note: " + html_escaped(note) + "</p>\n";
  for (const Section& section : class_sections(comparison)) page += "<h2>" + html_escaped(section.title) + "</h2>\n" + section.table.html();
  return page + "</body></html>\n";
}

}  // namespace

std::string comparison_markdown(const Comparison& comparison) {
  std::string text = caption(comparison) + "\n\n" + main_table(comparison).markdown();
  for (const std::string& note : comparison.notes) text += "\nNote: " + note + "\n";
  return text;
}

void write_comparison(const Comparison& comparison, const std::filesystem::path& folder) {
  make_directories(folder);
  std::string markdown = "# Comparison of losses\n\n" + comparison_markdown(comparison);
  for (const Section& section : class_sections(comparison)) markdown += "\n## " + section.title + "\n\n" + section.table.markdown();
  write_file_atomic(folder / "comparison.md", markdown);
  write_file_atomic(folder / "comparison.csv", csv_table(comparison).csv());
  write_file_atomic(folder / "comparison.json", json_of(comparison).dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n");
  write_file_atomic(folder / "comparison.html", html_page(comparison));
}

}  // namespace seg
