#include "engine/evaluation/split_report.hpp"

#include "base/error.hpp"
#include "engine/frame_size.hpp"
#include "report/run_paths.hpp"
#include "report/scores.hpp"

namespace seg {

namespace {

using OrderedJson = nlohmann::ordered_json;

/// The means, in the order they are reported.
std::vector<std::pair<std::string, std::optional<double>>> named_scores(const Scores& scores) {
  return {{"mean_iou", scores.mean_iou}, {"mean_accuracy", scores.mean_accuracy},       {"mean_precision", scores.mean_precision},
          {"mean_f1", scores.mean_f1},   {"overall_accuracy", scores.overall_accuracy}, {"frequency_weighted_iou", scores.frequency_weighted_iou}};
}

OrderedJson number(const std::optional<double>& value) { return value ? OrderedJson(*value) : OrderedJson(); }

}  // namespace

std::optional<SplitReport> evaluate_and_report(const Inference& inference, const Dataset& dataset, EvaluationRequest request,
                                               const ReportHead& head) {
  SplitReport result;
  PanelChoice choice;
  request.on_image = [&, others = std::move(request.on_image)](const EvaluatedImage& image) {
    result.per_image.add(image.sample.id, image.confusion.table());
    choice.add(image.sample.id, image.confusion.table());
    if (others) others(image);
  };
  const auto evaluation = evaluate(inference, dataset, request);
  if (!evaluation) return std::nullopt;
  result.cross_entropy = evaluation->cross_entropy;
  result.shown = choice.panels(dataset.classes());
  EvaluationReport& report = result.report;
  report.split = head.split;
  report.images = evaluation->images;
  report.checkpoint = head.checkpoint.string();
  for (const ClassInfo& info : dataset.classes()) report.class_names.push_back(info.name);
  report.confusion = evaluation->confusion.table();
  report.scores = compute_scores(report.confusion);
  report.eval = head.eval;
  report.notes = head.notes;
  if (!evaluation->skipped.empty()) report.notes["files_left_out"] = evaluation->skipped;
  return result;
}

void SplitReport::write(const std::filesystem::path& folder) const {
  write_evaluation_report(report, folder);
  per_image.write(folder);
  write_panels(pictures, EvaluationPaths{folder}.panels());
}

OrderedJson SplitReport::fields() const {
  OrderedJson fields{{"cross_entropy", number(cross_entropy)}};
  for (const auto& [name, score] : named_scores(report.scores)) fields[name] = number(score);
  fields["images"] = report.images;
  if (const auto left_out = report.notes.find("files_left_out"); left_out != report.notes.end()) fields["left_out"] = *left_out;
  return fields;
}

std::optional<double> score_named(const Scores& scores, const std::string& wanted) {
  for (const auto& [name, score] : named_scores(scores))
    if (name == wanted) return score;
  throw Error(ErrorKind::kInternal, "no score is called " + wanted);
}

OrderedJson evaluation_settings(const RunConfig& config, const Compute& compute) {
  const Size input = evaluation_frame(config).image;
  const auto sides = [](const Size& size) { return OrderedJson{size.height, size.width}; };
  const bool windowed = config.eval.window.height > 0;
  return {{"input", input == Size{} ? OrderedJson("native") : sides(input)},
          {"size", config::name_of(config.eval.size, kScoredSizes)},
          {"flip", config.eval.flip},
          {"scales", config.eval.scales},
          {"window", windowed ? sides(config.eval.window) : OrderedJson()},
          {"overlap", windowed ? OrderedJson(config.eval.overlap) : OrderedJson()},
          {"precision", compute.precision == torch::kBFloat16 ? "bf16" : "fp32"}};
}

}  // namespace seg
