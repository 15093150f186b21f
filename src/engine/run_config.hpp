// Everything one YAML file says about a run, resolved and checked; immutable after loading.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/augment/augment_options.hpp"
#include "data/data_options.hpp"
#include "data/sample.hpp"
#include "engine/train_options.hpp"
#include "losses/loss_options.hpp"
#include "models/model_options.hpp"
#include "optim/optimizer_options.hpp"
#include "predict/eval_options.hpp"

namespace seg {

struct RunConfig {
  std::string name = "run";
  DataOptions data;
  AugmentOptions augment;
  ModelOptions model;
  LossOptions loss;
  OptimizerOptions optimizer;
  ScheduleOptions schedule;
  TrainOptions train;
  EvalOptions eval;

  /// "file:line:column" of a key such as "train.batch_size", or "--set KEY=VALUE"; "" where it was not given. Empty where the configuration was not
  /// read from a text.
  std::function<std::string(const std::string& key)> position_of;

  void fields(config::Visitor& v);
};

/// Throws what `check` throws; a kConfiguration begins with the place of the first of `keys` that was given.
void at(const RunConfig& config, const std::vector<std::string>& keys, const std::function<void()>& check);

/// Checks what no single option can see: what contradicts another option, batch norm's batch, the length. Throws kConfiguration with the place of
/// the option at fault. Touches neither file nor device.
void check_run_config(const RunConfig& config);
/// The part of it that an evaluation depends on.
void check_evaluation(const RunConfig& config);

/// Reads a recipe: `file` as given, else under the shipped configs/. Throws kConfiguration.
RunConfig load_run_config(const std::filesystem::path& file, const std::vector<std::string>& overrides);
/// The same from text, such as the configuration inside a checkpoint; `source` names it in messages.
RunConfig parse_run_config(const std::string& text, const std::string& source, const std::vector<std::string>& overrides);

/// `config` with the block `data` of another file. data.size and normalisation stay: they belong to the weights.
RunConfig with_data_of(RunConfig config, const std::filesystem::path& file, const std::vector<std::string>& overrides);

/// Whether training wants the labels counted: for its loss, or to draw rare classes.
bool needs_label_statistics(const RunConfig& config);

// Which size the network sees: what data sets give, and what prediction makes of its images.

/// Of training: the whole frame at data.size; as in the files where training crops.
FrameSize training_frame(const RunConfig& config);
/// Of evaluation: images as eval.input says, labels as eval.size says.
FrameSize evaluation_frame(const RunConfig& config);

}  // namespace seg
