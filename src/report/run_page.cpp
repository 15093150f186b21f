#include "report/run_page.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "base/app.hpp"
#include "base/files.hpp"
#include "report/curves.hpp"
#include "report/page.hpp"
#include "report/panels.hpp"
#include "report/run.hpp"
#include "report/text.hpp"
#include "report/web.hpp"

namespace seg {

namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr std::size_t kMostPoints = 600;  // a curve; more than a screen shows
constexpr std::uintmax_t kMaxConfigBytes = std::uintmax_t{1} << 20;

struct Evaluation {
  fs::path folder;
  EvaluationReport report;
  std::vector<std::size_t> order;  // classes from frequent to rare
  std::vector<double> shares;      // [K] of truth pixels
};

/// Everything the page shows.
struct RunContent {
  RunDescription run;
  RunCurves curves;
  std::vector<Evaluation> evaluations;  // test, val, then the others
  std::string configuration;            // YAML; empty where the file is missing
};

Evaluation read_evaluation(const fs::path& file) {
  Evaluation one{.folder = file.parent_path(), .report = read_evaluation_report(file), .order = {}, .shares = {}};
  const std::vector<ClassScores>& classes = one.report.scores.classes;
  std::int64_t pixels = 0;
  for (const ClassScores& scores : classes) pixels += scores.pixels;
  for (const ClassScores& scores : classes) one.shares.push_back(pixels > 0 ? static_cast<double>(scores.pixels) / static_cast<double>(pixels) : 0.0);
  one.order.resize(classes.size());
  std::iota(one.order.begin(), one.order.end(), std::size_t{0});
  std::stable_sort(one.order.begin(), one.order.end(), [&](std::size_t a, std::size_t b) { return classes[a].pixels > classes[b].pixels; });
  return one;
}

RunContent read_content(const fs::path& directory) {
  RunContent content{.run = read_run(directory), .curves = read_curves(directory), .evaluations = {}, .configuration = {}};
  for (const fs::path& file : evaluation_reports(directory)) content.evaluations.push_back(read_evaluation(file));
  const auto rank = [](const Evaluation& one) { return one.report.split == "test" ? 0 : one.report.split == "val" ? 1 : 2; };
  std::stable_sort(content.evaluations.begin(), content.evaluations.end(),
                   [&](const Evaluation& a, const Evaluation& b) { return rank(a) < rank(b); });
  if (fs::exists(directory / "config.yaml")) content.configuration = read_file(directory / "config.yaml", kMaxConfigBytes, ErrorKind::kData);
  return content;
}

/// Curves by class, from frequent to rare where an evaluation tells.
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
          {"evaluations", std::move(evaluations)}};
}

std::string heading(const RunContent& content) {
  const RunDescription& run = content.run;
  std::string state = "at iteration " + std::to_string(content.curves.iteration) + " of " + std::to_string(run.iterations) + " when this was written";
  if (content.curves.end) state = content.curves.end->values.value("reason", "ended") + " at iteration " + std::to_string(content.curves.iteration);
  std::string text = "<h1>" + html_escaped(run.name) + "</h1>\n<p class=\"quiet\">loss " + html_escaped(run.loss) + " · " +
                     html_escaped(run.dataset) + " · seed " + std::to_string(run.seed) + " · " + html_escaped(state) + "</p>\n";
  if (content.evaluations.empty()) return text;
  const EvaluationReport& report = content.evaluations.front().report;
  text += "<ul class=\"numbers\">\n";
  const auto add = [&](const char* name, std::optional<double> value) {
    text += "<li>" + std::string(name) + " <b>" + percent(value) + " %</b></li>\n";
  };
  add("mean accuracy", report.scores.mean_accuracy);
  add("mIoU", report.scores.mean_iou);
  add("mean precision", report.scores.mean_precision);
  add("overall accuracy", report.scores.overall_accuracy);
  return text + "</ul>\n<p class=\"quiet\">" + html_escaped(report.split) + " split, " + std::to_string(report.images) + " images</p>\n";
}

std::string training_section(const RunContent& content) {
  std::string text =
      "<h2>Training</h2>\n<div class=\"charts three\">\n" + chart_html("chart-loss", "Loss") + chart_html("chart-rate", "Learning rate");
  if (!content.curves.validation.empty()) text += chart_html("chart-scores", "Validation: mean accuracy and mIoU");
  text += "</div>\n";
  if (content.curves.weights.empty() && content.curves.recalls.empty()) return text;
  text += "<h2>Class weights and recalls</h2>\n<p>One line a class. Rare classes (★: less than 1 % of the truth pixels of " +
          (content.evaluations.empty() ? std::string("an evaluation; none is there yet")
                                       : "the " + html_escaped(content.evaluations.front().report.split) + " split") +
          ") are drawn strong. A button hides or shows its line.</p>\n<div class=\"charts\">\n";
  if (!content.curves.weights.empty()) text += chart_html("chart-weights", "Weight of each class in the loss", 360);
  if (!content.curves.recalls.empty()) text += chart_html("chart-recalls", "Recall of each class in training", 360);
  return text + "</div>\n";
}

std::string score_table(const Evaluation& one) {
  TextTable table{.header = {"class", "share of pixels, %", "accuracy", "precision", "IoU", "F1"}, .rows = {}};
  for (const std::size_t c : one.order) {
    const ClassScores& scores = one.report.scores.classes[c];
    table.rows.push_back({one.report.class_names[c], percent(one.shares[c], 3), percent(scores.accuracy), percent(scores.precision),
                          percent(scores.iou), percent(scores.f1)});
  }
  const Scores& all = one.report.scores;
  table.rows.push_back({"mean", "", percent(all.mean_accuracy), percent(all.mean_precision), percent(all.mean_iou), percent(all.mean_f1)});
  return scrolling(table.html(), "scores by class");
}

std::string confusion_html(const Evaluation& one) {
  const ConfusionTable& confusion = one.report.confusion;
  HeatTable table{.corner = "truth ↓ prediction →", .rows = {}, .columns = {}, .counts = {}};
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
  return heat_html(table);
}

std::string evaluation_section(const Evaluation& one, std::size_t index) {
  const std::string split = html_escaped(one.report.split);
  const int height = 90 + 44 * static_cast<int>(one.order.size());
  return "<h2>Evaluation: " + split + " split</h2>\n<p class=\"quiet\">" + std::to_string(one.report.images) + " images, " +
         std::to_string(one.report.scores.pixels) + " pixels, weights of " + html_escaped(one.report.checkpoint) + "</p>\n" +
         chart_html("chart-classes-" + std::to_string(index), "IoU, accuracy and precision by class, from frequent to rare", height) +
         "<details><summary>Scores as a table</summary>\n" + score_table(one) +
         "</details>\n<h3>Confusion</h3>\n<p class=\"quiet\">Per cent of each class's truth pixels; the counts show under the pointer.</p>\n" +
         confusion_html(one) + panels_html(one.folder / "panels");
}

/// As a POSIX shell reads it back.
std::string shell_quoted(const std::string& text) {
  constexpr const char* kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./=:,+@%-";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string repeat_section(const RunContent& content) {
  const OrderedJson& start = content.curves.start;
  const fs::path directory = fs::absolute(content.run.directory / ".").lexically_normal().parent_path();
  const auto text_of = [](const OrderedJson& value) { return value.is_string() ? value.get<std::string>() : value.dump(); };
  std::string command =
      "segtrain --config " + shell_quoted((directory / "config.yaml").string()) + " --run-dir " + shell_quoted(directory.string() + "-again");
  if (start.contains("device")) command += " --device " + shell_quoted(text_of(start["device"]));
  std::string facts;
  const auto add = [&](const std::string& name, const std::string& value) {
    facts += "<dt>" + html_escaped(name) + "</dt><dd>" + html_escaped(value) + "</dd>\n";
  };
  add("segtrain", version_text());
  for (const char* key : {"versions", "device", "precision", "threads", "parameters", "training_images"}) {
    if (!start.contains(key)) continue;
    std::string name = key;
    std::replace(name.begin(), name.end(), '_', ' ');
    add(name, text_of(start[key]));
  }
  if (content.curves.end && content.curves.end->values.contains("weights_digest"))
    add("digest of the final weights", text_of(content.curves.end->values["weights_digest"]) + " (XXH3, 128 bit)");
  return "<h2>Repeat it</h2>\n<pre class=\"command\">" + html_escaped(command) + "</pre>\n<dl>\n" + facts + "</dl>\n";
}

}  // namespace

std::string run_page(const fs::path& directory) {
  const RunContent content = read_content(directory);
  std::string body = heading(content) + training_section(content);
  for (std::size_t i = 0; i < content.evaluations.size(); ++i) body += evaluation_section(content.evaluations[i], i);
  body += repeat_section(content);
  if (!content.configuration.empty()) body += "<h2>Configuration</h2>\n<pre tabindex=\"0\">" + html_escaped(content.configuration) + "</pre>\n";
  return html_page(content.run.name + " (" + content.run.loss + ")", body, run_data(content), kRunScript);
}

void write_run_page(const fs::path& directory) { write_file_atomic(directory / "report.html", run_page(directory)); }

}  // namespace seg
