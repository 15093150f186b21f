#include "engine/run_config.hpp"

#include <memory>
#include <utility>

#include "base/error.hpp"
#include "base/files.hpp"
#include "config/document.hpp"
#include "config/format.hpp"
#include "losses/loss_registry.hpp"
#include "models/model.hpp"
#include "optim/optimizer.hpp"

namespace seg {

namespace {

RunConfig read(config::Document document) {
  RunConfig config;
  document.read_into(config);
  config.position_of = [shared = std::make_shared<const config::Document>(std::move(document))](const std::string& key) {
    return shared->position_of(key);
  };
  return config;
}

[[noreturn]] void refuse(const std::string& what, const std::string& hint) { throw Error(ErrorKind::kConfiguration, what, hint); }

void check_length(const TrainOptions& train) {
  if (train.iterations == 0 && train.epochs == 0) refuse("neither train.iterations nor train.epochs is set", "set one, such as train.epochs: 25");
  if (train.iterations > 0 && train.epochs > 0) refuse("train.iterations and train.epochs are both set", "set only one of them");
}

void check_scored_size(const RunConfig& config) {
  if (config.eval.size != ScoredSize::kInput || config.eval.input == EvalInput::kResized) return;
  if (config.eval.input == EvalInput::kNative)
    refuse("eval.size: input needs resized frames, but eval.input: native does not resize", "set eval.input: resized, or eval.size: labels");
  if (config.augment.crop)
    refuse("eval.size: input needs resized frames, but with augment.crop eval.input: auto does not resize",
           "set eval.input: resized, or eval.size: labels");
}

}  // namespace

void check_evaluation(const RunConfig& config) {
  const EvalOptions& eval = config.eval;
  at(config, {"eval.window"}, [&] {
    if ((eval.window.height == 0) != (eval.window.width == 0)) refuse("eval.window needs height and width", "use [0, 0] for the whole image at once");
  });
  at(config, {"eval.scales"}, [&] {
    if (eval.scales.empty()) refuse("eval.scales is empty", "use [1.0]");
  });
  at(config, {"eval.size", "eval.input"}, [&] { check_scored_size(config); });
}

void check_run_config(const RunConfig& config) {
  at(config, {"train.iterations", "train.epochs"}, [&] { check_length(config.train); });
  check_evaluation(config);
  at(config, {"data.synthia_rand.classes"}, [&] {
    const std::int64_t classes = config.data.synthia_rand.classes;
    if (classes != 16 && classes != 19) refuse("data.synthia_rand.classes is " + std::to_string(classes), "set it to 16 or 19");
  });
  at(config, {"augment.scale.min", "augment.scale.max"}, [&] {
    const ScaleOptions& scale = config.augment.scale;
    if (scale.min > scale.max) refuse("augment.scale: min is larger than max", "swap them");
  });
  at(config, {"model.input"}, [&] { check(config.model.input); });
  at(config, {"model"}, [&] { check_model(config.model); });
  at(config, {"loss.weighting", "loss.sum", "loss.type"}, [&] { check_loss(config.loss); });
  at(config, {"optimizer.backbone_lr_scale"}, [&] {
    if (config.optimizer.backbone_lr_scale != OptimizerOptions().backbone_lr_scale && !has_backbone(config.model))
      refuse("optimizer.backbone_lr_scale is " + config::format(config.optimizer.backbone_lr_scale) + ", but model.arch " + config.model.arch +
                 " has no backbone",
             "remove it: all layers use optimizer.lr");
  });
  at(config, {"optimizer.sgd.nesterov", "optimizer.sgd.momentum"}, [&] { check_optimizer(config.optimizer); });
  at(config, {"train.batch_size"}, [&] { check_batch_norm(config.model, config.train.batch_size, config.data.size.height, config.data.size.width); });
}

void at(const RunConfig& config, const std::vector<std::string>& keys, const std::function<void()>& check) {
  try {
    check();
  } catch (const Error& error) {
    if (error.kind != ErrorKind::kConfiguration || !config.position_of) throw;
    for (const std::string& key : keys)
      if (const std::string place = config.position_of(key); !place.empty()) throw Error(error.kind, place + ": " + error.what(), error.hint);
    throw;
  }
}

void RunConfig::fields(config::Visitor& v) {
  v.field("name", name, {.help = "name of the run; its folder is runs/NAME, unless --run-dir sets another"});
  v.block("data", data, "images and labels");
  v.block("augment", augment, "how training samples are augmented");
  v.block("model", model, "the network");
  v.block("loss", loss, "the loss function");
  v.block("optimizer", optimizer, "how the weights are updated");
  v.block("schedule", schedule, "how the learning rate changes");
  v.block("train", train, "length, precision, checkpoints and processes of the training");
  v.block("eval", eval, "validation and segeval");
}

RunConfig load_run_config(const fs::path& file, const std::vector<std::string>& overrides) {
  return read(config::Document::from_file(file, overrides));
}

RunConfig parse_run_config(const std::string& text, const std::string& source, const std::vector<std::string>& overrides) {
  return read(config::Document::from_text(text, source, overrides));
}

RunConfig with_data_of(RunConfig config, const fs::path& file, const std::vector<std::string>& overrides) {
  const Size size = config.data.size;
  config.data = load_run_config(file, overrides).data;
  config.data.size = size;
  return config;
}

bool needs_label_statistics(const RunConfig& config) { return needs_statistics(config.loss) || config.data.sampling != Sampling::kUniform; }

FrameSize training_frame(const RunConfig& config) { return config.augment.crop ? FrameSize{} : FrameSize{config.data.size, config.data.size}; }

FrameSize evaluation_frame(const RunConfig& config) {
  const bool resized = config.eval.input == EvalInput::kResized || (config.eval.input == EvalInput::kAuto && !config.augment.crop);
  if (!resized) return {};
  return {config.data.size, config.eval.size == ScoredSize::kLabels ? Size{} : config.data.size};
}

}  // namespace seg
