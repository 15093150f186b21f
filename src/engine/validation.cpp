#include "engine/validation.hpp"

#include "base/error.hpp"
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

Inference validation_inference(Experiment& experiment) {
  const RunConfig& config = experiment.config;
  experiment.model->eval();
  return {*experiment.model, config.model, config.augment.normalize, config.eval, experiment.compute};
}

}  // namespace

LoaderOptions evaluation_loader(const RunConfig& config) {
  LoaderOptions options;
  options.batch_size = config.eval.batch_size;
  options.workers = loader_workers(config.data);
  options.prefetch = config.data.prefetch;
  options.skip_broken = config.data.skip_broken();
  options.skip_budget = config.data.skip_budget;
  options.timeout_s = config.data.timeout_s;
  return options;
}

std::optional<Validation> run_validation(Experiment& experiment, const std::function<bool()>& should_stop) {
  const RunConfig& config = experiment.config;
  const Inference inference = validation_inference(experiment);
  PerImageLog per_image;
  PanelChoice choice;
  EvaluationRequest request;
  request.cross_entropy = true;
  request.loader = evaluation_loader(config);
  request.should_stop = should_stop;
  request.on_image = [&](const EvaluatedImage& image) {
    per_image.add(image.sample.id, image.confusion.table());
    choice.add(image.sample.id, image.confusion.table());
  };
  auto evaluation = evaluate(inference, experiment.validation_samples(), evaluation_transform_of(config), request);
  if (!evaluation) return std::nullopt;
  Scores scores = compute_scores(evaluation->confusion.table());
  return Validation{std::move(*evaluation), std::move(scores), std::move(per_image), std::move(choice), {}};
}

void draw_validation_panels(Validation& validation, Experiment& experiment, const std::function<bool()>& should_stop) {
  EvaluationRequest request;
  request.should_stop = should_stop;
  validation.panels = draw_panels(validation.choice.panels(experiment.classes()), validation_inference(experiment), experiment.validation_samples(),
                                  evaluation_transform_of(experiment.config), request);
}

OrderedJson validation_fields(const Validation& validation) {
  OrderedJson fields{{"cross_entropy", number(validation.evaluation.cross_entropy)}};
  for (const auto& [name, score] : named_scores(validation.scores)) fields[name] = number(score);
  fields["images"] = validation.evaluation.images;
  if (!validation.evaluation.skipped.empty()) fields["left_out"] = validation.evaluation.skipped;
  return fields;
}

std::optional<double> score_named(const Scores& scores, const std::string& wanted) {
  for (const auto& [name, score] : named_scores(scores))
    if (name == wanted) return score;
  throw Error(ErrorKind::kInternal, "no score is called " + wanted);
}

OrderedJson evaluation_settings(const RunConfig& config, const Compute& compute) {
  const Size input = evaluation_frame_of(config).image;
  const auto sides = [](const Size& size) { return OrderedJson{size.height, size.width}; };
  const bool windowed = config.eval.window.height > 0;
  return {{"input", input == Size{} ? OrderedJson("native") : sides(input)},
          {"size", config.eval.size},
          {"flip", config.eval.flip},
          {"scales", config.eval.scales},
          {"window", windowed ? sides(config.eval.window) : OrderedJson()},
          {"overlap", windowed ? OrderedJson(config.eval.overlap) : OrderedJson()},
          {"precision", compute.precision == torch::kBFloat16 ? "bf16" : "fp32"}};
}

void write_validation_report(const Validation& validation, const Experiment& experiment, const std::filesystem::path& folder,
                             const std::filesystem::path& checkpoint) {
  EvaluationReport report;
  report.split = "val";
  report.images = validation.evaluation.images;
  report.checkpoint = checkpoint.string();
  for (const ClassInfo& info : experiment.classes()) report.class_names.push_back(info.name);
  report.confusion = validation.evaluation.confusion.table();
  report.scores = validation.scores;
  report.eval = evaluation_settings(experiment.config, experiment.compute);
  write_evaluation_report(report, folder);
  validation.per_image.write(folder);
  write_panels(validation.panels, folder / "panels");
}

}  // namespace seg
