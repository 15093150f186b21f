// The whole configuration of a run, read from one YAML file, resolved and checked; immutable after loading.
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

  /// Where a key such as "train.batch_size" was set: "file:line:column" or "--set KEY=VALUE"; "" if it was not set. The function is empty if the
  /// configuration was not read from a text.
  std::function<std::string(const std::string& key)> position_of;

  void fields(config::Visitor& v);
};

/// Calls `check`. A kConfiguration error from it is prefixed with the position of the first of `keys` that was set.
void at(const RunConfig& config, const std::vector<std::string>& keys, const std::function<void()>& check);

/// Checks the options against each other: contradictions, the batch size that batch norm needs, the length. Throws kConfiguration with the position
/// of the wrong option. Touches neither file nor device.
void check_run_config(const RunConfig& config);
/// Checks only what an evaluation depends on.
void check_evaluation(const RunConfig& config);

/// Reads a recipe: the path `file`, or else a file of that name in the shipped configs/. Throws kConfiguration.
RunConfig load_run_config(const std::filesystem::path& file, const std::vector<std::string>& overrides);
/// The same from text, such as the configuration inside a checkpoint; `source` names it in messages.
RunConfig parse_run_config(const std::string& text, const std::string& source, const std::vector<std::string>& overrides);

/// `config` with the block `data` of another file. data.size and the normalisation do not change, because they belong to the weights.
RunConfig with_data_of(RunConfig config, const std::filesystem::path& file, const std::vector<std::string>& overrides);

/// Whether training needs the label statistics: for its loss, or to draw rare classes.
bool needs_label_statistics(const RunConfig& config);

// The size of the network's input, which data sets and prediction produce.

/// In training: the whole frame resized to data.size, or the size of the file if training crops.
FrameSize training_frame(const RunConfig& config);
/// In evaluation: images according to eval.input, labels according to eval.size.
FrameSize evaluation_frame(const RunConfig& config);

}  // namespace seg
