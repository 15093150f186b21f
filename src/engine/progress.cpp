#include "engine/progress.hpp"

#include "core/compute.hpp"

namespace seg {

namespace {

using OrderedJson = nlohmann::ordered_json;

/// {"Road": 0.12, "Pole": null, ...}; empty where the loss has none.
OrderedJson by_class(const std::vector<std::optional<double>>& values, const ClassTable& classes) {
  OrderedJson fields = OrderedJson::object();
  for (std::size_t id = 0; id < values.size(); ++id) fields[classes[id].name] = values[id] ? OrderedJson(*values[id]) : OrderedJson();
  return fields;
}

}  // namespace

OrderedJson start_fields(const Experiment& experiment) {
  const RunConfig& config = experiment.config;
  std::vector<std::string> names;
  for (const ClassInfo& info : experiment.classes()) names.push_back(info.name);
  std::int64_t parameters = 0;
  for (const auto& parameter : experiment.model->parameters()) parameters += parameter.numel();
  return {{"name", config.name},
          {"loss", loss_label(config.loss)},
          {"seed", config.train.seed},
          {"iterations", experiment.iterations},
          {"dataset", config.data.dataset},
          {"training_images", experiment.train_set->size()},
          {"classes", names},
          {"parameters", parameters},
          {"device", experiment.compute.device.str()},
          {"precision", experiment.compute.precision == torch::kBFloat16 ? "bf16" : "fp32"},
          {"threads", experiment.threads},
          {"versions", compute_versions()}};
}

OrderedJson train_fields(const Experiment& experiment, const StepResult& result, const Pace& pace) {
  OrderedJson fields{{"loss", result.loss},
                     {"cross_entropy", result.cross_entropy},
                     {"learning_rate", result.learning_rate},
                     {"gradient_norm", result.gradient_norm},
                     {"images_per_second", pace.images_per_second},
                     {"data_wait", pace.data_wait},
                     {"seconds_left", pace.seconds_left},
                     {"iterations", experiment.iterations}};
  const ClassReadings readings = experiment.loss->readings();
  if (!readings.weights.empty()) fields["class_weights"] = by_class(readings.weights, experiment.classes());
  if (!readings.recalls.empty()) fields["class_recalls"] = by_class(readings.recalls, experiment.classes());
  return fields;
}

}  // namespace seg
