#include "report/pages/run_page.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/app.hpp"
#include "base/files.hpp"
#include "report/pages/page.hpp"
#include "report/pages/web.hpp"
#include "report/run/curves.hpp"
#include "report/run/panel_files.hpp"
#include "report/run/run.hpp"
#include "report/run/run_paths.hpp"
#include "report/text_table.hpp"

namespace seg {

namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr std::size_t kMostPoints = 600;  // per curve; more than a screen can show
constexpr std::uintmax_t kMaxConfigBytes = std::uintmax_t{1} << 20;

struct Evaluation {
  EvaluationPaths paths;
  EvaluationReport report;
  std::vector<std::size_t> order;  // classes from frequent to rare
  std::vector<double> shares;      // [K] of the ground-truth pixels
};

/// Everything the page shows.
struct RunContent {
  RunDescription run;
  RunCurves curves;
  std::vector<Evaluation> evaluations;  // test, val, then the others
  std::string configuration;            // YAML; empty if the file is missing
};

Evaluation read_evaluation(const fs::path& file) {
  EvaluationReport report = read_evaluation_report(file);
  std::vector<std::int64_t> pixels;
  for (const ClassScores& scores : report.scores.classes) pixels.push_back(scores.pixels);
  return {{file.parent_path()}, std::move(report), frequent_to_rare(pixels), shares_of(pixels)};
}

RunContent read_content(const fs::path& directory) {
  RunContent content{.run = read_run(directory), .curves = read_curves(directory), .evaluations = {}, .configuration = {}};
  for (const fs::path& file : evaluation_reports(directory)) content.evaluations.push_back(read_evaluation(file));
  const auto rank = [](const Evaluation& one) { return one.report.split == "test" ? 0 : one.report.split == "val" ? 1 : 2; };
  std::stable_sort(content.evaluations.begin(), content.evaluations.end(),
                   [&](const Evaluation& a, const Evaluation& b) { return rank(a) < rank(b); });
  const fs::path config = RunPaths{directory}.config();
  if (fs::exists(config)) content.configuration = read_file(config, kMaxConfigBytes, ErrorKind::kData);
  return content;
}

/// Curves by class, from frequent to rare if there is an evaluation.
OrderedJson class_series(const std::map<std::string, Curve>& curves, const std::vector<Evaluation>& evaluations) {
  OrderedJson series = OrderedJson::array();
  const auto add = [&](const std::string& name, const Curve& curve, bool rare) {
    series.push_back({{"name", name}, {"rare", rare}, {"points", json_of(thinned(curve, kMostPoints))}});
  };
  std::map<std::string, Curve> left = curves;
  if (!evaluations.empty()) {
    const Evaluation& first = evaluations.front();
    for (const std::size_t c : first.order) {
      if (const auto found = left.extract(first.report.class_names[c])) add(found.key(), found.mapped(), first.shares[c] < kRareShare);
    }
  }
  for (const auto& [name, curve] : left) add(name, curve, false);
  return series;
}

OrderedJson percents(const Evaluation& one, std::optional<double> ClassScores::*score) {
  OrderedJson values = OrderedJson::array();
  for (const std::size_t c : one.order) {
    const std::optional<double> value = one.report.scores.classes[c].*score;
    values.push_back(value ? OrderedJson(100.0 * *value) : OrderedJson(nullptr));
  }
  return values;
}

OrderedJson run_data(const RunContent& content) {
  OrderedJson curves = OrderedJson::object();
  const auto add = [&](const std::string& name, const std::map<std::string, Curve>& from, const char* key) {
    if (const auto found = from.find(key); found != from.end()) curves[name] = json_of(thinned(found->second, kMostPoints));
  };
  for (const char* key : {"loss", "cross_entropy", "learning_rate"}) add(key, content.curves.training, key);
  for (const char* key : {"mean_accuracy", "mean_iou"}) add(key, content.curves.validation, key);
  add("val_cross_entropy", content.curves.validation, "cross_entropy");
  OrderedJson evaluations = OrderedJson::array();
  for (const Evaluation& one : content.evaluations) {
    OrderedJson names = OrderedJson::array();
    for (const std::size_t c : one.order) names.push_back(one.report.class_names[c]);
    evaluations.push_back({{"names", names},
                           {"iou", percents(one, &ClassScores::iou)},
                           {"accuracy", percents(one, &ClassScores::accuracy)},
                           {"precision", percents(one, &ClassScores::precision)}});
  }
  return {{"curves", std::move(curves)},
          {"weights", class_series(content.curves.weights, content.evaluations)},
          {"recalls", class_series(content.curves.recalls, content.evaluations)},
          {"ious", class_series(content.curves.ious, content.evaluations)},
          {"evaluations", std::move(evaluations)}};
}

/// How the run ended, or its progress.
std::string state_of(const RunContent& content) {
  const std::string iteration = std::to_string(content.curves.iteration);
  if (content.curves.end) return content.curves.end->values.value("reason", "ended") + " at iteration " + iteration;
  return "at iteration " + iteration + " of " + std::to_string(content.run.iterations) + " when this page was written";
}

/// The mean scores of the first evaluation; null without an evaluation.
OrderedJson headline(const RunContent& content) {
  if (content.evaluations.empty()) return nullptr;
  const EvaluationReport& report = content.evaluations.front().report;
  return {{"mean_accuracy", percent(report.scores.mean_accuracy)},
          {"mean_iou", percent(report.scores.mean_iou)},
          {"mean_precision", percent(report.scores.mean_precision)},
          {"overall_accuracy", percent(report.scores.overall_accuracy)},
          {"split", report.split},
          {"images", report.images}};
}

OrderedJson training_charts(const RunContent& content) {
  OrderedJson charts = OrderedJson::array({chart_values("chart-loss", "Loss"), chart_values("chart-rate", "Learning rate")});
  if (!content.curves.validation.empty()) charts.push_back(chart_values("chart-scores", "Validation: mean accuracy and mIoU"));
  return charts;
}

/// Null if the loss has neither class weights nor recalls or IoUs for them.
OrderedJson class_curves(const RunContent& content) {
  OrderedJson charts = OrderedJson::array();
  if (!content.curves.weights.empty()) charts.push_back(chart_values("chart-weights", "Weight of each class in the loss", 360));
  if (!content.curves.recalls.empty()) charts.push_back(chart_values("chart-recalls", "Recall of each class in training", 360));
  if (!content.curves.ious.empty()) charts.push_back(chart_values("chart-ious", "IoU of each class in training", 360));
  if (charts.empty()) return nullptr;
  return {
      {"charts", std::move(charts)},
      {"rare_in", content.evaluations.empty() ? "an evaluation; there is none yet" : "the " + content.evaluations.front().report.split + " split"}};
}

TextTable score_table(const Evaluation& one) {
  TextTable table{.header = {"class", "share of pixels, %", "accuracy", "precision", "IoU", "F1"}, .rows = {}};
  for (const std::size_t c : one.order) {
    const ClassScores& scores = one.report.scores.classes[c];
    table.rows.push_back({one.report.class_names[c], percent(one.shares[c], 3), percent(scores.accuracy), percent(scores.precision),
                          percent(scores.iou), percent(scores.f1)});
  }
  const Scores& all = one.report.scores;
  table.rows.push_back({"mean", "", percent(all.mean_accuracy), percent(all.mean_precision), percent(all.mean_iou), percent(all.mean_f1)});
  return table;
}

HeatTable confusion_heat(const Evaluation& one) {
  const ConfusionTable& confusion = one.report.confusion;
  HeatTable table{.corner = "ground truth ↓ prediction →", .rows = {}, .columns = {}, .counts = {}};
  std::int64_t missed = 0;
  for (const std::size_t c : one.order) {
    table.rows.push_back(one.report.class_names[c]);
    missed += confusion.missed(static_cast<std::int64_t>(c));
  }
  table.columns = table.rows;
  if (missed > 0) table.columns.emplace_back("(none)");
  for (const std::size_t t : one.order) {
    std::vector<std::int64_t>& row = table.counts.emplace_back();
    for (const std::size_t p : one.order) row.push_back(confusion.at(static_cast<std::int64_t>(t), static_cast<std::int64_t>(p)));
    if (missed > 0) row.push_back(confusion.missed(static_cast<std::int64_t>(t)));
  }
  return table;
}

OrderedJson evaluation_values(const Evaluation& one, std::size_t index) {
  const int height = 90 + 44 * static_cast<int>(one.order.size());
  return {{"split", one.report.split},
          {"images", one.report.images},
          {"pixels", one.report.scores.pixels},
          {"checkpoint", one.report.checkpoint},
          {"chart", chart_values("chart-classes-" + std::to_string(index), "IoU, accuracy and precision by class, from frequent to rare", height)},
          {"scores", table_values(score_table(one), "scores by class")},
          {"confusion", heat_values(confusion_heat(one))},
          {"panels", panel_values(one.paths.panels())}};
}

std::string text_of(const OrderedJson& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

/// Quoted for a POSIX shell.
std::string shell_quoted(const std::string& text) {
  constexpr const char* kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./=:,+@%-";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string repeating_command(const RunContent& content) {
  const OrderedJson& start = content.curves.start;
  const fs::path directory = fs::absolute(content.run.directory / ".").lexically_normal().parent_path();
  std::string command =
      "segtrain --config " + shell_quoted(RunPaths{directory}.config().string()) + " --run-dir " + shell_quoted(directory.string() + "-again");
  if (start.contains("device")) command += " --device " + shell_quoted(text_of(start["device"]));
  return command;
}

/// The versions and settings of the run.
OrderedJson facts_of(const RunContent& content) {
  const OrderedJson& start = content.curves.start;
  OrderedJson facts = OrderedJson::array({{{"name", "segtrain"}, {"value", version_text()}}});
  for (const char* key : {"versions", "device", "precision", "threads", "parameters", "training_images"}) {
    if (!start.contains(key)) continue;
    std::string name = key;
    std::replace(name.begin(), name.end(), '_', ' ');
    facts.push_back({{"name", name}, {"value", text_of(start[key])}});
  }
  if (content.curves.end && content.curves.end->values.contains("weights_digest"))
    facts.push_back({{"name", "digest of the final weights"}, {"value", text_of(content.curves.end->values["weights_digest"]) + " (XXH3, 128 bit)"}});
  return facts;
}

}  // namespace

std::string run_page(const fs::path& directory) {
  const RunContent content = read_content(directory);
  OrderedJson evaluations = OrderedJson::array();
  for (std::size_t i = 0; i < content.evaluations.size(); ++i) evaluations.push_back(evaluation_values(content.evaluations[i], i));
  return html_page({.title = content.run.name + " (" + content.run.loss + ")",
                    .body = kRunTemplate,
                    .values = {{"name", content.run.name},
                               {"loss", content.run.loss},
                               {"dataset", content.run.dataset},
                               {"seed", content.run.seed},
                               {"state", state_of(content)},
                               {"headline", headline(content)},
                               {"training_charts", training_charts(content)},
                               {"class_curves", class_curves(content)},
                               {"evaluations", std::move(evaluations)},
                               {"command", repeating_command(content)},
                               {"facts", facts_of(content)},
                               {"configuration", content.configuration.empty() ? OrderedJson(nullptr) : OrderedJson(content.configuration)}},
                    .data = run_data(content),
                    .script = kRunScript});
}

void write_run_page(const fs::path& directory) { write_file_atomic(RunPaths{directory}.page(), run_page(directory)); }

}  // namespace seg
