#include "engine/commands/train_command.hpp"

#include <opencv2/core/utility.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <ostream>

#include "base/app.hpp"
#include "base/error.hpp"
#include "base/launch.hpp"
#include "base/line_file.hpp"
#include "base/parallel.hpp"
#include "config/print.hpp"
#include "device/compute.hpp"
#include "engine/commands/dry_run.hpp"
#include "engine/process.hpp"
#include "engine/training/run_directory.hpp"
#include "engine/training/trainer.hpp"
#include "ranks/communicator.hpp"
#include "report/run/console.hpp"
#include "report/run/metrics_log.hpp"
#include "report/run/run_paths.hpp"
#include "report/run/tensorboard.hpp"

namespace seg {

namespace {

/// Passes each event on to all.
class AllReporters : public Reporter {
 public:
  explicit AllReporters(std::vector<Reporter*> reporters) : reporters_(std::move(reporters)) {}
  void report(const Event& event) override {
    for (Reporter* reporter : reporters_) reporter->report(event);
  }

 private:
  std::vector<Reporter*> reporters_;
};

/// What to run, where, and from which checkpoint.
struct Plan {
  RunConfig config;
  fs::path run_dir;
  std::optional<Checkpoint> start = {};  // --resume FILE
};

/// The configuration from --config and --set, read once; empty without --config.
std::optional<RunConfig> asked_config(const TrainCommand& command) {
  if (command.config.empty()) return std::nullopt;
  RunConfig config = load_run_config(command.config, command.overrides);
  check_run_config(config);
  return config;
}

bool resumes_file(const TrainCommand& command) { return command.resume != "auto" && command.resume != "never"; }

/// Replaces "auto" and 0 by what they mean on this machine, so that a resumed run can be checked against it.
RunConfig resolved(RunConfig config, const std::string& device) {
  if (config.train.threads == 0) config.train.threads = default_threads(resolve_device(device));
  if (config.train.precision == Precision::kAuto)
    config.train.precision = resolve_precision(Precision::kAuto, resolve_device(device)) == torch::kBFloat16 ? Precision::kBf16 : Precision::kFp32;
  config.augment.device = resolve_augment_device(config.augment.device, resolve_device(device));
  return config;
}

/// The stored configuration with those changes of the command line that may change in a resumed run. Throws kConfiguration for any other change.
RunConfig continued(const RunConfig& stored, const RunConfig& wanted, const std::string& where) {
  std::string refused;
  for (const config::Difference& difference : config::differences(stored, wanted)) {
    const bool compute_only = difference.key == "train.threads" || difference.key == "train.precision" || difference.key == "augment.device";
    if (difference.harmless || (compute_only && !stored.train.deterministic)) {
      spdlog::info("resume: {} is now {} (was {})", difference.key, difference.after, difference.before);
      continue;
    }
    refused += (refused.empty() ? "" : "; ") + difference.key + " is " + difference.before + " in the run, " + difference.after + " now";
  }
  if (refused.empty()) return wanted;
  throw Error(ErrorKind::kConfiguration, "cannot resume " + where + " with another configuration: " + refused,
              "do not change these keys, or start a new run with another --run-dir");
}

RunConfig continued_config(const TrainCommand& command, const std::optional<RunConfig>& asked, const std::string& stored_text,
                           const std::string& where) {
  const RunConfig stored = resolved(parse_run_config(stored_text, where, {}), command.device);  // it may be older than a key with "auto"
  const RunConfig wanted = asked ? *asked : parse_run_config(stored_text, where, command.overrides);
  return continued(stored, resolved(wanted, command.device), where);
}

/// RUN for RUN/checkpoints/FILE.
fs::path run_of_checkpoint(const fs::path& file) {
  const fs::path folder = fs::absolute(file).lexically_normal().parent_path();
  if (folder.filename() != "checkpoints")
    throw Error(ErrorKind::kConfiguration, file.string() + " is not in RUN/checkpoints", "set --run-dir to the folder in which the run continues");
  return folder.parent_path();
}

Plan make_plan(const TrainCommand& command, const std::optional<RunConfig>& asked) {
  if (resumes_file(command)) {
    const fs::path file = command.resume;
    std::error_code ignored;
    if (!file.has_parent_path() && !file.has_extension() && !fs::exists(file, ignored))
      throw Error(ErrorKind::kConfiguration, "--resume " + command.resume + " is neither auto nor never nor a file",
                  "use auto, never, or a checkpoint such as RUN/checkpoints/last.safetensors");
    Checkpoint start = load_resumable(file);
    RunConfig config = continued_config(command, asked, start.config, file.string());
    return {std::move(config), command.run_dir.empty() ? run_of_checkpoint(file) : command.run_dir, std::move(start)};
  }
  const bool has_run = !command.run_dir.empty() && fs::exists(RunPaths{command.run_dir}.config());
  if (!asked && command.resume == "auto" && !command.run_dir.empty() && !has_run)
    throw Error(ErrorKind::kConfiguration, "there is no run to resume in " + command.run_dir.string() + ", and no --config to start one",
                "check --run-dir, or give a recipe with --config");
  if (!asked && !(has_run && command.resume == "auto"))
    throw Error(ErrorKind::kConfiguration, "--config is missing",
                "use segtrain --config synthia_recall.yaml, or --run-dir RUN --resume auto to resume a run");
  if (!asked) {
    const fs::path file = RunPaths{command.run_dir}.config();
    return {continued_config(command, asked, read_file(file, 1 << 20), file.string()), command.run_dir};
  }
  return {*asked, command.run_dir.empty() ? fs::path("runs") / safe_file_name(asked->name) : command.run_dir};
}

/// Throws kStorage with the names of all classes that differ.
void check_classes(const ClassTable& stored, const ClassTable& now, const std::string& where) {
  if (stored == now) return;
  std::string differing;
  for (std::size_t id = 0; id < std::max(stored.size(), now.size()); ++id) {
    const auto text = [id](const ClassTable& classes) {
      return id < classes.size() ? classes[id].name + " (id " + std::to_string(classes[id].file_id) + ")" : std::string("none");
    };
    if (id < stored.size() && id < now.size() && stored[id] == now[id]) continue;
    differing +=
        (differing.empty() ? "" : "; ") + std::string("class ") + std::to_string(id) + " is " + text(stored) + " there, " + text(now) + " now";
  }
  throw Error(ErrorKind::kStorage, where + " was trained with other classes: " + differing,
              "restore the class table of the run, or start a new run with model.init_from");
}

/// The checkpoint to resume from; none for a new run. For an existing run, `plan.config` becomes the configuration with which it continues.
std::optional<Checkpoint> find_start(const TrainCommand& command, const std::optional<RunConfig>& asked, const RunDirectory& directory, Plan& plan) {
  if (plan.start) return std::move(plan.start);
  if (!directory.holds_run()) return std::nullopt;
  if (command.resume == "never")
    throw Error(ErrorKind::kStorage, directory.paths().root.string() + " already holds a run",
                fs::exists(directory.paths().last()) ? "resume it with --resume auto, or choose another --run-dir"
                                                     : "it stopped before its first checkpoint: remove the folder, or choose another --run-dir");
  plan.config = continued_config(command, asked, read_file(directory.paths().config(), 1 << 20), directory.paths().config().string());
  const auto newest = directory.newest_checkpoint();
  return newest ? std::optional(load_resumable(*newest)) : std::nullopt;
}

/// An experiment that is ready to train, from the start or from a checkpoint.
struct Prepared {
  std::unique_ptr<Experiment> experiment;
  std::optional<Checkpoint> start;
};

Prepared prepare(const RunConfig& config, const std::string& device, std::optional<Checkpoint> start, const Communicator& ranks) {
  Prepared prepared{build_experiment(config, device, ranks), broadcast(std::move(start), ranks)};
  if (!prepared.start) return prepared;
  check_classes(prepared.start->classes, prepared.experiment->classes(), "the checkpoint");
  prepared.experiment->learner->load(prepared.start->tensors);
  prepared.start->tensors.clear();
  return prepared;
}

int run(const TrainCommand& command, const std::optional<RunConfig>& asked, Plan plan, const Communicator& ranks, std::ostream& out) {
  const RunDirectory directory(plan.run_dir);
  std::optional<Checkpoint> start = find_start(command, asked, directory, plan);
  plan.config = resolved(plan.config, command.device);
  const bool finished = !resumes_file(command) && directory.holds_run() && directory.finished();
  ranks.broadcast(finished ? std::string() : config::to_yaml(plan.config));
  if (finished) {
    out << "already finished: " << directory.paths().root.string() << '\n';
    return 0;
  }
  const auto log = std::make_shared<LineFile>(directory.paths().log());
  add_log_file(log);
  const Prepared prepared = prepare(plan.config, command.device, std::move(start), ranks);
  const Experiment& experiment = *prepared.experiment;
  // Nothing in the directory was changed up to here: configuration, data and checkpoint are good.
  write_file_atomic(directory.paths().config(), config::to_yaml(experiment.config));
  const std::int64_t iteration = prepared.start ? prepared.start->iteration : 0;
  cut_back(directory.paths().metrics(), iteration);
  cut_back_tensorboard(directory.paths().tensorboard(), iteration);
  directory.set_aside_after(iteration);
  if (prepared.start) spdlog::info("resuming from iteration {}", iteration);
  if (prepared.start && prepared.start->processes != ranks.world_size())
    spdlog::info("the run continues with {} processes instead of {}: same images and order, results may differ in the last digits",
                 ranks.world_size(), prepared.start->processes);
  ConsoleReporter console;
  LineStream log_stream(*log);
  ConsoleReporter log_lines(log_stream, [] { return 0; });
  JsonLinesReporter file(directory.paths().metrics());
  TensorBoardReporter tensorboard(directory.paths().tensorboard(), config::to_yaml(experiment.config));
  AllReporters reporters({&console, &log_lines, &file, &tensorboard});
  Trainer trainer(experiment, &directory, reporters);
  const int code = trainer.run(prepared.start);
  out << "run: " << directory.paths().root.string() << "\nweights: " << trainer.weights_digest() << '\n';
  return code;
}

/// All ranks except the first: they train with the configuration of rank 0, print nothing and write nothing.
int follow(const TrainCommand& command, const std::optional<RunConfig>& asked, const Communicator& ranks) {
  const std::string text = ranks.broadcast(std::string());
  if (text.empty()) return 0;  // finished already
  RunConfig config = parse_run_config(text, "the configuration of rank 0", {});
  if (asked) config.position_of = asked->position_of;
  const Prepared prepared = prepare(config, command.device, std::nullopt, ranks);
  AllReporters nobody({});  // receives the events of this rank, which writes nothing
  return Trainer(*prepared.experiment, nullptr, nobody).run(prepared.start);
}

/// Checks that the command line is the same on all ranks. Only rank 0 knows the run to resume.
void check_same_command(const TrainCommand& command, const std::optional<RunConfig>& asked, const Communicator& ranks) {
  if (!ranks.several()) return;
  std::string text = "resume: " + command.resume + "\n";
  for (const std::string& setting : command.overrides) text += "--set " + setting + "\n";
  if (asked) text += config::to_yaml(resolved(*asked, command.device));
  ranks.require_equal("configuration", text);
}

}  // namespace

int train(const TrainCommand& command, std::ostream& out) {
  cv::setNumThreads(1);  // images are spread over our own pool
  const bool first = read_launch().rank == 0;
  const std::optional<RunConfig> asked = asked_config(command);
  if (command.print_config || command.dry_run) {
    if (!first) return 0;
    Plan plan = make_plan(command, asked);
    check_run_config(plan.config);
    if (command.print_config) {
      out << config::to_yaml(plan.config);
      return 0;
    }
    plan.config.data.cache = CacheKind::kNone;  // a disk cache would be written
    out << dry_run(*build_experiment(resolved(plan.config, command.device), command.device));
    return 0;
  }
  std::optional<Plan> plan;
  if (first) {
    plan = make_plan(command, asked);
    check_run_config(plan->config);
  }
  watch_stop_signals();
  // How long ranks wait for each other: only the command line is known at this point.
  const Communicator ranks = join_ranks((asked ? *asked : RunConfig()).train.rank_timeout_s);
  check_same_command(command, asked, ranks);
  return first ? run(command, asked, std::move(*plan), ranks, out) : follow(command, asked, ranks);
}

}  // namespace seg
