#include "report/run/evaluation_report.hpp"

#include "base/error.hpp"
#include "base/files.hpp"
#include "report/run/run_paths.hpp"
#include "report/text_table.hpp"

namespace seg {

namespace {

using nlohmann::ordered_json;

constexpr std::uintmax_t kMaxReportBytes = std::uintmax_t{64} << 20;
/// The scores in the order of the file.
struct ScoreField {
  const char* name;
  std::optional<double> Scores::*score;
  bool newer = false;  // missing in reports of older versions
};
constexpr ScoreField kScoreFields[] = {{"overall_accuracy", &Scores::overall_accuracy},
                                       {"mean_accuracy", &Scores::mean_accuracy},
                                       {"mean_iou", &Scores::mean_iou},
                                       {"mean_precision", &Scores::mean_precision},
                                       {"mean_f1", &Scores::mean_f1},
                                       {"frequency_weighted_iou", &Scores::frequency_weighted_iou},
                                       {"mean_iou_by_image", &Scores::mean_iou_by_image, true},
                                       {"mean_iou_by_class", &Scores::mean_iou_by_class, true},
                                       {"boundary_iou", &Scores::boundary_iou, true}};

/// A path or name may contain any bytes; invalid ones are replaced and are no error.
std::string dumped(const ordered_json& value, int indent) { return value.dump(indent, ' ', false, ordered_json::error_handler_t::replace); }

ordered_json number(std::optional<double> value) { return value ? ordered_json(*value) : ordered_json(nullptr); }

std::optional<double> optional_number(const ordered_json& value) { return value.is_null() ? std::nullopt : std::optional(value.get<double>()); }

std::vector<std::string> names_without(const EvaluationReport& report, std::optional<double> ClassScores::*score) {
  std::vector<std::string> names;
  for (std::size_t c = 0; c < report.class_names.size(); ++c) {
    if (!(report.scores.classes[c].*score)) names.push_back(report.class_names[c]);
  }
  return names;
}

void add_classes(const EvaluationReport& report, ordered_json& json) {
  ordered_json classes = ordered_json::array();
  ordered_json confusion = ordered_json::array();
  for (std::int64_t c = 0; c < report.confusion.classes; ++c) {
    const ClassScores& one = report.scores.classes[c];
    classes.push_back({{"id", c},
                       {"name", report.class_names[c]},
                       {"pixels", one.pixels},
                       {"accuracy", number(one.accuracy)},
                       {"precision", number(one.precision)},
                       {"iou", number(one.iou)},
                       {"f1", number(one.f1)}});
    ordered_json row = ordered_json::array();
    for (std::int64_t p = 0; p < report.confusion.classes; ++p) row.push_back(report.confusion.at(c, p));
    confusion.push_back(std::move(row));
  }
  json["classes"] = std::move(classes);
  json["confusion"] = std::move(confusion);
}

void read_classes(const ordered_json& json, EvaluationReport& report) {
  for (const ordered_json& one : json.at("classes")) {
    report.class_names.push_back(one.at("name").get<std::string>());
    report.scores.classes.push_back({one.at("pixels").get<std::int64_t>(), optional_number(one.at("accuracy")), optional_number(one.at("precision")),
                                     optional_number(one.at("iou")), optional_number(one.at("f1"))});
  }
  const std::size_t classes = report.class_names.size();
  const auto rows = json.at("confusion").get<std::vector<std::vector<std::int64_t>>>();
  const auto missed = json.value("missed", std::vector<std::int64_t>(classes, 0));
  if (rows.size() != classes || missed.size() != classes) throw std::out_of_range("confusion and classes differ in number");
  report.confusion.classes = static_cast<std::int64_t>(classes);
  for (std::size_t c = 0; c < classes; ++c) {
    if (rows[c].size() != classes) throw std::out_of_range("confusion is not square");
    report.confusion.counts.insert(report.confusion.counts.end(), rows[c].begin(), rows[c].end());
    report.confusion.counts.push_back(missed[c]);
  }
}

TextTable per_class_table(const EvaluationReport& report) {
  TextTable table{.header = {"id", "name", "pixels", "accuracy", "precision", "iou", "f1"}, .rows = {}};
  for (std::size_t c = 0; c < report.class_names.size(); ++c) {
    const ClassScores& one = report.scores.classes[c];
    table.rows.push_back({std::to_string(c), report.class_names[c], std::to_string(one.pixels), exact(one.accuracy), exact(one.precision),
                          exact(one.iou), exact(one.f1)});
  }
  return table;
}

TextTable confusion_table(const EvaluationReport& report) {
  TextTable table{.header = {"truth"}, .rows = {}};
  table.header.insert(table.header.end(), report.class_names.begin(), report.class_names.end());
  table.header.emplace_back("(none)");
  for (std::int64_t c = 0; c < report.confusion.classes; ++c) {
    std::vector<std::string>& row = table.rows.emplace_back();
    row.push_back(report.class_names[c]);
    for (std::int64_t p = 0; p <= report.confusion.classes; ++p) row.push_back(std::to_string(report.confusion.at(c, p)));
  }
  return table;
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

ordered_json to_json(const EvaluationReport& report) {
  ordered_json json = {{"split", report.split}, {"images", report.images}, {"pixels", report.scores.pixels}};
  for (const ScoreField& field : kScoreFields) json[field.name] = number(report.scores.*field.score);
  add_classes(report, json);
  json["checkpoint"] = report.checkpoint;
  ordered_json missed = ordered_json::array();
  for (std::int64_t c = 0; c < report.confusion.classes; ++c) missed.push_back(report.confusion.missed(c));
  json["missed"] = std::move(missed);
  json["left_out"] = {{"mean_accuracy", names_without(report, &ClassScores::accuracy)}, {"mean_iou", names_without(report, &ClassScores::iou)}};
  if (!report.eval.empty()) json["eval"] = report.eval;
  for (const auto& [key, value] : report.notes.items()) json[key] = value;
  return json;
}

void write_evaluation_report(const EvaluationReport& report, const std::filesystem::path& folder) {
  make_directories(folder);
  const EvaluationPaths paths{folder};
  write_file_atomic(paths.per_class(), per_class_table(report).csv());
  write_file_atomic(paths.confusion(), confusion_table(report).csv());
  // Written last: a folder with a report.json is complete.
  write_file_atomic(paths.report(), dumped(to_json(report), 2) + "\n");
}

EvaluationReport read_evaluation_report(const std::filesystem::path& file) {
  const std::string text = read_file(file, kMaxReportBytes, ErrorKind::kData);
  try {
    const ordered_json json = ordered_json::parse(text);
    EvaluationReport report;
    report.split = json.at("split").get<std::string>();
    report.images = json.at("images").get<std::int64_t>();
    report.checkpoint = json.value("checkpoint", std::string());
    report.scores.pixels = json.at("pixels").get<std::int64_t>();
    for (const ScoreField& field : kScoreFields)
      report.scores.*field.score = optional_number(field.newer ? json.value(field.name, ordered_json()) : json.at(field.name));
    read_classes(json, report);
    report.eval = json.value("eval", ordered_json::object());
    report.notes = json;
    for (const char* key : {"split", "images", "pixels", "classes", "confusion", "checkpoint", "missed", "left_out", "eval"}) report.notes.erase(key);
    for (const ScoreField& field : kScoreFields) report.notes.erase(field.name);
    return report;
  } catch (const std::exception& error) {
    throw Error(ErrorKind::kData, file.string() + ": not the report of an evaluation (" + error.what() + ")", "run segeval to write it again");
  }
}

std::string evaluation_text(const EvaluationReport& report) {
  const Scores& scores = report.scores;
  TextTable table{.header = {"class", "pixels", "accuracy", "precision", "IoU", "F1"}, .rows = {}};
  for (std::size_t c = 0; c < report.class_names.size(); ++c) {
    const ClassScores& one = scores.classes[c];
    table.rows.push_back(
        {report.class_names[c], std::to_string(one.pixels), percent(one.accuracy), percent(one.precision), percent(one.iou), percent(one.f1)});
  }
  table.rows.push_back({"mean", std::to_string(scores.pixels), percent(scores.mean_accuracy), percent(scores.mean_precision),
                        percent(scores.mean_iou), percent(scores.mean_f1)});
  std::string text = table.plain() + "per cent; " + report.split + " split, " + std::to_string(report.images) + " images; overall accuracy " +
                     percent(scores.overall_accuracy) + ", frequency-weighted IoU " + percent(scores.frequency_weighted_iou) +
                     "\nmIoU by image (mIoU^I) " + percent(scores.mean_iou_by_image) + ", by image and class (mIoU^C) " +
                     percent(scores.mean_iou_by_class) + ", boundary IoU " + percent(scores.boundary_iou) + "\n";
  const std::vector<std::string> no_truth = names_without(report, &ClassScores::accuracy);
  if (!no_truth.empty()) text += "no ground-truth pixels, so not in the mean accuracy: " + listed(no_truth) + "\n";
  const std::vector<std::string> nowhere = names_without(report, &ClassScores::iou);
  if (!nowhere.empty()) text += "neither ground-truth nor predicted pixels, so in no mean: " + listed(nowhere) + "\n";
  return text;
}

}  // namespace seg
