#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "bench/bench.hpp"
#include "core/tensor_io.hpp"
#include "device/compute.hpp"
#include "engine/training/learner.hpp"
#include "models/weights.hpp"
#include "report/text_table.hpp"
#include "tensor_files/safetensors.hpp"

namespace seg {

namespace {

using Json = nlohmann::json;

std::map<std::string, std::string> describe(const Experiment& experiment) {
  const RunConfig& config = experiment.config;
  const ModelOptions& model = config.model;
  return {{"loss_type", config.loss.type},
          {"recall_smoothing", config::name_of(config.loss.error_rate.smoothing, kErrorRateSmoothings)},
          {"normalizer", config::name_of(config.loss.normalizer, kLossNormalizers)},
          {"classes", std::to_string(experiment.classes().size())},
          {"mean", Json(model.input.mean).dump()},
          {"std", Json(model.input.std).dump()},
          {"normalize_scale", "0..255"},
          {"normalize_order", config::name_of(model.input.order, kChannelOrders)},
          {"align_corners", model.align_corners ? "true" : "false"},
          {"output_stride", std::to_string(model.output_stride)},
          {"aspp_rates", Json(model.aspp_rates).dump()},
          {"backbone", model.backbone},
          {"arch", model.arch},
          {"precision", "fp32"},
          {"dropout", exact(model.dropout)},
          {"auxiliary", model.auxiliary ? "true" : "false"},
          {"versions", compute_versions()}};
}

}  // namespace

void write_step_file(const BenchSource& source, const std::filesystem::path& path) {
  BenchSource exact_source = source;
  exact_source.overrides.emplace_back("train.precision=fp32");
  const BenchSetup setup(exact_source);
  const auto experiment = setup.build();
  const Batch batch = synthetic_batch(*experiment);
  State tensors{{"images", batch.images}, {"labels", batch.labels}};
  for (const auto& [name, tensor] : model_state(experiment->learner->model()))
    tensors["model." + name] = tensor.detach().to(torch::kCPU, /*non_blocking=*/false, /*copy=*/true);  // the step changes the original

  const StepResult result = experiment->learner->step({batch}, 0);
  if (!result.finite()) throw Error(ErrorKind::kNonFinite, "the loss of the first step is not finite", "check the weights in model.init_from");
  auto metadata = describe(*experiment);
  metadata["loss"] = exact(result.loss.item<double>());
  const State host = to_host(tensors);
  write_safetensors(path, tensor_views(host), std::move(metadata));
}

}  // namespace seg
