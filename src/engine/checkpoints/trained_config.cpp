#include "engine/checkpoints/trained_config.hpp"

#include "base/error.hpp"
#include "config/print.hpp"
#include "device/compute.hpp"
#include "predict/trained_model.hpp"

namespace seg {

RunConfig trained_config(const Checkpoint& checkpoint, const std::filesystem::path& file, const std::vector<std::string>& overrides) {
  std::vector<std::string> all{"train.threads=0"};
  all.insert(all.end(), overrides.begin(), overrides.end());
  RunConfig config = parse_run_config(checkpoint.config, file.string(), all);
  const RunConfig stored = parse_run_config(checkpoint.config, file.string(), {});
  for (const config::Difference& difference : config::differences(stored.model, config.model))
    if (difference.key == "arch" || difference.key == "backbone")
      throw Error(ErrorKind::kConfiguration,
                  "model." + difference.key + " is " + difference.before + " in " + file.string() + ", not " + difference.after,
                  "the weights fit only that network: do not change this key, or train another network");
  return config;
}

Compute forward_compute(const RunConfig& config, const std::string& device) {
  const Compute compute = compute_on(resolve_device(device), config.train.precision);
  set_compute_threads(config.train.threads, compute.device);
  return compute;
}

TrainedNetwork trained_network(const std::filesystem::path& file, const std::vector<std::string>& overrides, const std::string& device) {
  const Checkpoint checkpoint = load_checkpoint_metadata(file);
  RunConfig config = trained_config(checkpoint, file, overrides);
  config.eval.size = ScoredSize::kLabels;  // predictions have the size of their image
  check_evaluation(config);
  const Compute compute = forward_compute(config, device);
  return {.model = trained_model(config.model, static_cast<std::int64_t>(checkpoint.classes.size()), file, compute.device),
          .options = config.model,
          .eval = config.eval,
          .input = evaluation_frame(config).image,
          .max_pixels = config.data.max_pixels,
          .compute = compute,
          .classes = checkpoint.classes,
          .class_pixels = checkpoint.class_pixels};
}

}  // namespace seg
