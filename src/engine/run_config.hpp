// Everything one YAML file says about a run, resolved and checked; immutable after loading.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/augment/options.hpp"
#include "data/options.hpp"
#include "engine/options.hpp"
#include "losses/options.hpp"
#include "models/options.hpp"
#include "optim/options.hpp"

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

  void fields(config::Visitor& v);
};

/// Checks what no single option can see: what contradicts another option, batch norm's batch, the length. Throws kConfiguration.
/// Touches neither file nor device.
void check_run_config(const RunConfig& config);
/// The part of it that an evaluation depends on.
void check_evaluation(const RunConfig& config);

/// Reads a recipe: `file` as given, else under the shipped configs/. Throws kConfiguration.
RunConfig load_run_config(const std::filesystem::path& file, const std::vector<std::string>& overrides);
/// The same, and check_run_config with the file:line:column of the option that is at fault.
RunConfig load_training_config(const std::filesystem::path& file, const std::vector<std::string>& overrides);
/// The same as load_run_config from text, such as the configuration inside a checkpoint; `source` names it in messages.
RunConfig parse_run_config(const std::string& text, const std::string& source, const std::vector<std::string>& overrides);

/// `config` with the block `data` of another file. data.size and normalisation stay: they belong to the weights.
RunConfig with_data_of(RunConfig config, const std::filesystem::path& file, const std::vector<std::string>& overrides);

}  // namespace seg
