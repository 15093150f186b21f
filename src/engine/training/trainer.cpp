#include "engine/training/trainer.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <cmath>
#include <csignal>
#include <utility>

#include "base/error.hpp"
#include "base/memory.hpp"
#include "config/print.hpp"
#include "core/state.hpp"
#include "data/collate.hpp"
#include "device/compute.hpp"
#include "engine/process.hpp"
#include "engine/training/fitting_batch.hpp"
#include "engine/training/progress.hpp"
#include "ops/checks.hpp"
#include "report/pages/run_page.hpp"

namespace seg {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

/// Joins the lines of all ranks.
std::vector<std::string> all_lines(const Communicator& ranks, const std::vector<std::string>& own) {
  if (!ranks.several()) return own;
  std::vector<std::string> lines;
  for (const std::string& text : ranks.gather(nlohmann::json(own).dump()))
    for (const auto& line : nlohmann::json::parse(text)) lines.push_back(line.get<std::string>());
  return lines;
}

bool due(std::int64_t iteration, std::int64_t interval) { return interval > 0 && iteration % interval == 0; }

}  // namespace

Trainer::Trainer(const Experiment& experiment, const RunDirectory* directory, Reporter& reporter)
    : experiment_(experiment), directory_(directory), reporter_(reporter) {}

int Trainer::run(const std::optional<Checkpoint>& from) {
  if (from) {
    iteration_ = saved_iteration_ = from->iteration;
    best_ = from->best;
    scores_ = from->scores;
    if (!from->class_pixels.empty()) class_pixels_ = torch::tensor(from->class_pixels, torch::kInt64).to(experiment_.compute.device);
  }
  if (!experiment_.val_set) spdlog::warn("the data has no val split: there is no validation, and the last weights are saved as best");
  reporter_.report({EventKind::kStart, iteration_, start_fields(experiment_)});
  // A run that was stopped during a validation was saved without its scores.
  if (from && iteration_ > 0 && validation_due() && scores_.empty() && !validate()) return finish(stopped());
  DataLoader loader(experiment_.training_samples, experiment_.transform, training_loader(experiment_, iteration_));
  window_ = {Clock::now()};
  const int signal = train(loader);
  report_skipped(loader.skipped());
  return finish(signal);
}

int Trainer::train(DataLoader& loader) {
  while (iteration_ < experiment_.iterations) {
    if (stopped() != 0) return stopped();
    step(loader);
    const bool validates = validation_due(), saves = checkpoint_due();
    if (validates && !validate()) return stopped();
    if (saves) save();
    if (validates || saves) release_free_memory();
  }
  return 0;
}

int Trainer::stopped() const { return experiment_.ranks.several() ? agreed_stop_ : stop_signal(); }

std::vector<Batch> Trainer::next_batches(DataLoader& loader) {
  std::vector<Batch> batches;
  const Clock::time_point begin = Clock::now();
  for (std::int64_t micro = 0; micro < experiment_.config.train.accumulate; ++micro) {
    const auto samples = loader.next();
    if (!samples) throw Error(ErrorKind::kInternal, "the loader ended before the run");
    batches.push_back(collate(*samples));
  }
  window_.waiting += seconds_since(begin);
  return batches;
}

void Trainer::step(DataLoader& loader) {
  if (experiment_.ranks.several()) experiment_.ranks.doing("step " + std::to_string(iteration_));
  std::vector<Batch> batches = next_batches(loader);
  look_at_labels(batches);
  const auto attempt = [&](const std::vector<Batch>& passes) {
    return experiment_.learner->step(passes, iteration_, StepTiming::kWhole, stop_signal());
  };
  // Only a single process searches for the batch that fits: with several, the other ranks would wait for its sums.
  const StepResult result = experiment_.ranks.several() ? attempt(batches) : step_that_fits(batches, experiment_.compute.device, attempt);
  ++iteration_;
  ++window_.steps;
  scores_.clear();
  add_to(class_pixels_, result.class_pixels);
  const bool tells = due(iteration_, experiment_.config.train.log_interval) || iteration_ == experiment_.iterations;
  pending_.push_back({iteration_, std::move(batches), result});
  settle(tells || validation_due() || checkpoint_due() ? Wanted::kAll : Wanted::kDone);
  if (tells) report_progress(result);
}

void Trainer::settle(Wanted wanted) {
  // Devices finish a step at different times on different ranks, but outcomes that are already on the host are there on all ranks.
  const auto is_done = [&](const HostCopy& outcome) { return experiment_.ranks.several() ? !outcome.travels() : outcome.ready(); };
  while (!pending_.empty() && (wanted == Wanted::kAll || pending_.size() > kMostPending || is_done(pending_.front().result.outcome))) {
    const Pending step = std::move(pending_.front());
    pending_.pop_front();
    agreed_stop_ = step.result.stop_signal();
    if (step.result.finite())
      bad_steps_ = 0;
    else
      count_bad_step(step.result, step.batches, step.iteration);
  }
}

void Trainer::look_at_labels(const std::vector<Batch>& batches) {
  for (const Batch& batch : batches) {
    check_labels(batch.labels, static_cast<std::int64_t>(experiment_.classes().size()));
    if (told_unlabelled_ || batch.labels.ne(kIgnoreLabel).any().item<bool>()) continue;
    told_unlabelled_ = true;
    spdlog::warn("step {}: every pixel of the batch is ignored ({} among others), so it teaches nothing; this warning is given once", iteration_,
                 batch.ids.front());
  }
}

void Trainer::count_bad_step(const StepResult& result, const std::vector<Batch>& batches, std::int64_t iteration) {
  ++bad_steps_;
  std::vector<std::string> ids;
  for (const Batch& batch : batches) ids.insert(ids.end(), batch.ids.begin(), batch.ids.end());
  spdlog::warn("step {}: loss {}, gradient norm {}: these or the running statistics are not finite; the weights were not updated", iteration,
               result.loss_value(), result.gradient_norm());
  const bool kept = bad_steps_ == 1 && directory_ != nullptr && directory_->keep_bad_step(iteration, batches, result);
  if (kept) spdlog::warn("its batch is saved in {}", directory_->paths().bad_steps().string());
  reporter_.report({EventKind::kBadStep, iteration, {{"loss", result.loss_value()}, {"gradient_norm", result.gradient_norm()}, {"images", ids}}});
  if (bad_steps_ >= experiment_.config.train.max_bad_steps)
    throw Error(ErrorKind::kNonFinite,
                std::to_string(bad_steps_) + " consecutive steps up to step " + std::to_string(iteration) +
                    " had a non-finite loss, gradient or running statistics",
                "lower optimizer.lr, set train.clip_norm, or try train.precision=fp32; the last checkpoint is intact");
}

void Trainer::report_progress(const StepResult& result) {
  const double seconds = std::max(seconds_since(window_.begin), 1e-9);
  const auto steps = static_cast<double>(window_.steps);
  const double images = steps * static_cast<double>(experiment_.config.train.batch_size * experiment_.config.train.accumulate);
  const Pace pace{images / seconds, window_.waiting / seconds, static_cast<double>(experiment_.iterations - iteration_) * seconds / steps};
  reporter_.report({EventKind::kTrain, iteration_, train_fields(experiment_, result, pace)});
  window_ = {Clock::now()};
}

bool Trainer::validation_due() const {
  const std::int64_t interval = experiment_.config.train.val_interval > 0 ? experiment_.config.train.val_interval : experiment_.iterations_per_epoch;
  return experiment_.val_set && (due(iteration_, interval) || iteration_ == experiment_.iterations);
}

bool Trainer::checkpoint_due() const {
  const std::int64_t interval = experiment_.config.train.checkpoint_interval;
  return iteration_ == experiment_.iterations || due(iteration_, interval) || (interval == 0 && validation_due());
}

std::optional<Trainer::Validation> Trainer::evaluate_val() const {
  const auto held = experiment_.learner->hold_averaged();
  const RunConfig& config = experiment_.config;
  const Inference inference(experiment_.learner->model(), config.model, config.eval, experiment_.compute, class_pixels());
  EvaluationRequest request;
  request.cross_entropy = true;
  request.loader = evaluation_loader(config);
  request.ranks = experiment_.ranks;
  request.should_stop = [] { return stop_signal() != 0; };
  EvaluationReport head;
  head.split = "val";
  if (directory_ != nullptr) head.checkpoint = directory_->paths().best().string();
  head.eval = evaluation_settings(config, experiment_.compute);
  auto report = evaluate_and_report(inference, experiment_.validation_samples, request, head);
  if (!report) return std::nullopt;
  const double score = score_named(report->report.scores, config::name_of(config.train.best, kBestBy)).value_or(0.0);
  const bool best = is_best(*report, score);
  if (best && directory_ != nullptr) report->pictures = draw_panels(report->shown, inference, *experiment_.validation_samples, request);
  return Validation{std::move(*report), score, best};
}

bool Trainer::validate() {
  const Clock::time_point begin = Clock::now();
  experiment_.ranks.doing("the validation of step " + std::to_string(iteration_));
  reporter_.report({EventKind::kValidating, iteration_});
  auto validation = evaluate_val();
  if (!validation) {
    agreed_stop_ = stop_signal() != 0 ? stop_signal() : SIGTERM;  // the signal of another rank
    return false;
  }
  const auto& [report, score, best] = *validation;
  nlohmann::ordered_json fields = report.fields();
  scores_ = fields.dump();
  if (best) {
    best_ = BestScore{score, iteration_};
    keep_best(scores_);
    unwritten_ = std::move(validation->report);
  }
  write_report();
  fields["seconds"] = seconds_since(begin);
  fields["best"] = best;
  reporter_.report({EventKind::kValidation, iteration_, fields});
  write_page();
  window_ = {Clock::now()};
  return true;
}

bool Trainer::is_best(const SplitReport& validation, double score) const {
  const std::optional<double> loss = validation.cross_entropy;
  if (!loss) {
    if (!best_) spdlog::warn("every pixel of the val split is ignored: there are no scores, and the first weights are saved as best");
    return !best_;
  }
  if (!std::isfinite(*loss)) {
    spdlog::warn("step {}: the cross entropy of the validation is {}, so these weights are not saved as best", iteration_, *loss);
    return false;
  }
  return !best_ || score > best_->score;
}

void Trainer::write_report() {
  if (!unwritten_ || directory_ == nullptr) return;
  const EvaluationPaths paths = directory_->paths().evaluation("val");
  try {
    unwritten_->write(paths.folder);
    reporter_.report({EventKind::kPanels, iteration_, {{"folder", paths.panels().string()}}});
    unwritten_.reset();
  } catch (const Error& error) {
    if (error.kind != ErrorKind::kStorage) throw;
    if (failed_reports_++ == 0) spdlog::warn("{}; training continues, and the report is tried again at each validation and at the end", error.what());
  }
}

void Trainer::write_page() {
  if (directory_ == nullptr) return;
  try {
    write_run_page(directory_->paths().root);
  } catch (const std::exception& error) {
    if (!std::exchange(told_failed_page_, true)) spdlog::warn("report.html was not written: {}; training continues", error.what());
  }
}

std::string Trainer::weights_digest() const { return digest_of(experiment_.learner->averaged()); }

void Trainer::report_skipped(const std::vector<std::string>& own) {
  const std::vector<std::string> messages = all_lines(experiment_.ranks, own);
  if (messages.empty()) return;
  for (const std::string& message : messages) spdlog::warn("skipped in training: {}", message);
  reporter_.report({EventKind::kSkipped, iteration_, {{"count", messages.size()}, {"files", messages}}});
}

std::vector<std::int64_t> Trainer::class_pixels() const {
  // Batches drawn for rare classes do not show how frequent a class is.
  if (experiment_.sampling) return experiment_.sampling->label_pixels();
  if (!class_pixels_.defined()) return {};
  const torch::Tensor host = class_pixels_.cpu();
  return {host.data_ptr<std::int64_t>(), host.data_ptr<std::int64_t>() + host.numel()};
}

Checkpoint Trainer::labelled(const std::string& scores) const {
  return {config::to_yaml(experiment_.config),
          experiment_.classes(),
          iteration_,
          best_,
          scores,
          compute_versions(),
          class_pixels(),
          experiment_.ranks.world_size(),
          {}};
}

void Trainer::keep_best(const std::string& scores) {
  if (directory_ == nullptr) return;
  Checkpoint checkpoint = labelled(scores);
  checkpoint.tensors.merge(with_prefix(experiment_.learner->averaged(), "model."));
  save_checkpoint(directory_->paths().best(), checkpoint);
}

void Trainer::save() {
  if (saved_iteration_ == iteration_) return;
  experiment_.ranks.doing("the checkpoint of step " + std::to_string(iteration_));
  check_ranks_equal();
  if (directory_ == nullptr) {
    saved_iteration_ = iteration_;
    return;
  }
  Checkpoint checkpoint = labelled(scores_);
  checkpoint.tensors = experiment_.learner->state();
  const fs::path file = directory_->step_file(iteration_);
  reporter_.report({EventKind::kSaving, iteration_});
  save_checkpoint(file, checkpoint);
  directory_->publish(iteration_, experiment_.config.train.keep);
  saved_iteration_ = iteration_;
  reporter_.report({EventKind::kCheckpoint, iteration_, {{"path", file.string()}}});
  window_ = {Clock::now()};
}

void Trainer::check_ranks_equal() const {
  if (!experiment_.ranks.several()) return;
  try {
    experiment_.ranks.require_equal("state", digest_lines(experiment_.learner->state()));
  } catch (const Error& error) {
    if (error.kind != ErrorKind::kConfiguration) throw;
    throw Error(ErrorKind::kInternal, "step " + std::to_string(iteration_) + ": " + error.what() + "; the ranks differ, so the run cannot continue",
                "resume from the last checkpoint with --resume auto");
  }
}

int Trainer::finish(int signal) {
  settle(Wanted::kAll);
  save();
  if (!experiment_.val_set) keep_best("");
  write_report();
  if (unwritten_ && directory_ != nullptr) spdlog::warn("the newest validation report could not be written in {} attempts", failed_reports_);
  nlohmann::ordered_json fields{{"reason", signal == 0 ? "finished" : "stopped"}, {"weights_digest", weights_digest()}};
  if (best_) fields["best"] = {{"score", best_->score}, {"iteration", best_->iteration}};
  reporter_.report({EventKind::kEnd, iteration_, fields});
  write_page();
  if (signal == 0) return 0;
  spdlog::info("stopped by signal {} and saved; --resume auto resumes from iteration {}", signal, iteration_);
  return 128 + signal;
}

LoaderOptions training_loader(const Experiment& experiment, std::int64_t iteration) {
  const RunConfig& config = experiment.config;
  LoaderOptions options = evaluation_loader(config);  // files are read in the same way
  options.batch_size = config.train.batch_size;
  options.seed = static_cast<std::uint64_t>(config.train.seed);
  options.part = experiment.ranks.rank();
  options.parts = experiment.ranks.world_size();
  options.shuffle = true;
  options.sampling = experiment.sampling;
  options.drop_last = true;
  options.first_batch = iteration * config.train.accumulate;
  options.batches = (experiment.iterations - iteration) * config.train.accumulate;
  return options;
}

}  // namespace seg
