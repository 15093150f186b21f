#include "engine/training/progress.hpp"

#include "config/print.hpp"
#include "device/compute.hpp"
#include "losses/loss_registry.hpp"

namespace seg {

namespace {

using OrderedJson = nlohmann::ordered_json;

/// {"Road": 0.12, "Pole": null, ...}; values float64 [K], null for classes without pixels.
OrderedJson by_class(const torch::Tensor& values, const torch::Tensor& pixels, const ClassTable& classes) {
  const torch::Tensor host = values.cpu(), counted = pixels.cpu();
  OrderedJson fields = OrderedJson::object();
  for (std::int64_t id = 0; id < host.size(0); ++id)
    fields[classes[static_cast<std::size_t>(id)].name] = counted[id].item<std::int64_t>() > 0 ? OrderedJson(host[id].item<double>()) : OrderedJson();
  return fields;
}

/// The settings that distinguish runs, under their configuration keys.
OrderedJson main_settings(const RunConfig& config) {
  OrderedJson settings = {{"data.dataset", config.data.dataset},
                          {"data.size", std::to_string(config.data.size.height) + "x" + std::to_string(config.data.size.width)},
                          {"data.sampling", config::name_of(config.data.sampling, kSamplings)},
                          {"model.arch", config.model.arch},
                          {"model.backbone", config.model.backbone},
                          {"model.output_stride", config.model.output_stride},
                          {"loss.type", config.loss.type},
                          {"loss.weighting", config.loss.weighting},
                          {"optimizer.type", config::name_of(config.optimizer.type, kOptimizerTypes)},
                          {"optimizer.lr", config.optimizer.lr},
                          {"optimizer.weight_decay", config.optimizer.weight_decay},
                          {"schedule.type", config::name_of(config.schedule.type, kScheduleTypes)},
                          {"train.batch_size", config.train.batch_size},
                          {"train.accumulate", config.train.accumulate},
                          {"train.ema", config.train.ema},
                          {"train.precision", config::name_of(config.train.precision, kPrecisions)},
                          {"train.seed", config.train.seed}};
  if (!has_backbone(config.model))
    for (const char* key : {"model.backbone", "model.output_stride"}) settings.erase(key);
  return settings;
}

/// The group of a run in comparisons, such as "ce, rare_class temperature 0.1": the same loss with another sampling is another group.
std::string group_label(const RunConfig& config) {
  std::string label = loss_label(config.loss);
  if (config.data.sampling == Sampling::kUniform) return label;
  label += ", " + config::name_of(config.data.sampling, kSamplings);
  for (const config::Difference& difference : config::differences(DataOptions(), config.data))
    if (const std::string own = "rare_class_"; difference.key.starts_with(own))
      label += " " + difference.key.substr(own.size()) + " " + difference.after;
  return label;
}

}  // namespace

OrderedJson start_fields(const Experiment& experiment) {
  const RunConfig& config = experiment.config;
  return {{"name", config.name},
          {"loss", group_label(config)},
          {"seed", config.train.seed},
          {"iterations", experiment.iterations},
          {"dataset", config.data.dataset},
          {"training_images", experiment.train_set->size()},
          {"classes", names_of(experiment.classes())},
          {"parameters", experiment.learner->model().value_count()},
          {"device", experiment.compute.device.str()},
          {"precision", experiment.compute.precision == torch::kBFloat16 ? "bf16" : "fp32"},
          {"threads", experiment.threads},
          {"versions", compute_versions()},
          {"settings", main_settings(config)}};
}

OrderedJson train_fields(const Experiment& experiment, const StepResult& result, const Pace& pace) {
  OrderedJson fields{{"loss", result.loss_value()},
                     {"cross_entropy", result.cross_entropy.item<double>()},
                     {"learning_rate", result.learning_rate},
                     {"gradient_norm", result.gradient_norm()},
                     {"images_per_second", pace.images_per_second},
                     {"data_wait", pace.data_wait},
                     {"seconds_left", pace.seconds_left},
                     {"iterations", experiment.iterations}};
  const BatchClassStatistics& statistics = result.statistics;
  if (statistics.weights.defined()) fields["class_weights"] = by_class(statistics.weights, statistics.pixels, experiment.classes());
  if (!statistics.false_negatives.defined()) return fields;
  const torch::Tensor hits = (statistics.pixels - statistics.false_negatives).to(torch::kDouble);
  if (statistics.false_positives.defined())
    fields["class_ious"] = by_class(hits / (statistics.pixels + statistics.false_positives), statistics.pixels, experiment.classes());
  else
    fields["class_recalls"] = by_class(hits / statistics.pixels, statistics.pixels, experiment.classes());
  return fields;
}

}  // namespace seg
