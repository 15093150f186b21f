#include "engine/evaluation/split_report.hpp"

#include "base/error.hpp"
#include "report/run/run_paths.hpp"
#include "scores/scores.hpp"

namespace seg {

namespace {

using OrderedJson = nlohmann::ordered_json;

OrderedJson number(const std::optional<double>& value) { return value ? OrderedJson(*value) : OrderedJson(); }

}  // namespace

std::optional<SplitReport> evaluate_and_report(const Inference& inference, const std::shared_ptr<const Dataset>& dataset,
                                               const EvaluationRequest& request, const EvaluationReport& head) {
  SplitReport result;
  PanelChoice choice;
  ImageIou image_iou;
  result.curve = {head.split, head.checkpoint, request.taus, std::vector<std::vector<ImageCounts>>(request.taus.size())};
  const auto evaluation = evaluate(inference, dataset, request);
  if (!evaluation) return std::nullopt;
  for (const ImageResult& image : evaluation->images) {
    result.per_image.add(image.id, image.confusion);
    choice.add(image.id, image.confusion);
    image_iou.add(class_pixels(image.confusion));
    for (std::size_t t = 0; t < image.at_tau.size(); ++t) result.curve.images[t].push_back({image.id, image.at_tau[t]});
  }
  result.cross_entropy = evaluation->cross_entropy;
  result.shown = choice.panels(dataset->classes());
  EvaluationReport& report = result.report = head;
  report.images = static_cast<std::int64_t>(evaluation->images.size());
  report.class_names = names_of(dataset->classes());
  report.confusion = evaluation->confusion;
  report.scores = compute_scores(report.confusion);
  report.scores.mean_iou_by_image = image_iou.by_image();
  report.scores.mean_iou_by_class = image_iou.by_class();
  report.scores.boundary_iou = scores_of(evaluation->boundary).mean_iou;
  if (!evaluation->skipped.empty()) report.notes["files_left_out"] = evaluation->skipped;
  return result;
}

void SplitReport::write(const std::filesystem::path& folder) const {
  write_evaluation_report(report, folder);
  per_image.write(folder);
  if (!curve.taus.empty()) write_tau_curve(curve, folder);
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
  throw Error(ErrorKind::kInternal, "there is no score named " + wanted);
}

OrderedJson evaluation_settings(const RunConfig& config, const Compute& compute) {
  const Size input = evaluation_frame(config).image;
  const auto sides = [](const Size& size) { return OrderedJson{size.height, size.width}; };
  const bool windowed = config.eval.window.height > 0;
  OrderedJson settings{{"input", input == Size{} ? OrderedJson("native") : sides(input)},
                       {"size", config::name_of(config.eval.size, kScoredSizes)},
                       {"flip", config.eval.flip},
                       {"scales", config.eval.scales},
                       {"window", windowed ? sides(config.eval.window) : OrderedJson()},
                       {"overlap", windowed ? OrderedJson(config.eval.overlap) : OrderedJson()},
                       {"precision", compute.precision == torch::kBFloat16 ? "bf16" : "fp32"}};
  if (config.eval.logit_adjustment != 0.0) settings["logit_adjustment"] = config.eval.logit_adjustment;
  return settings;
}

}  // namespace seg
