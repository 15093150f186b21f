#include "engine/commands/eval_command.hpp"

#include <opencv2/core/utility.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <ostream>

#include "base/error.hpp"
#include "config/text.hpp"
#include "data/dataset_registry.hpp"
#include "engine/checkpoints/trained_config.hpp"
#include "engine/evaluation/class_mapping.hpp"
#include "engine/evaluation/split_report.hpp"
#include "engine/process.hpp"
#include "predict/predictions.hpp"
#include "predict/trained_model.hpp"
#include "report/text_table.hpp"

namespace seg {

namespace {

namespace fs = std::filesystem;

RunConfig evaluated_config(const EvalCommand& command, const Checkpoint& checkpoint) {
  RunConfig config = trained_config(checkpoint, command.checkpoint, command.overrides);
  if (!command.config.empty()) config = with_data_of(std::move(config), command.config, command.overrides);
  check_evaluation(config);
  return config;
}

void check_score_name(const std::string& name) {
  const std::vector<std::string> known = score_names();
  if (name.empty() || std::ranges::find(known, name) != known.end()) return;
  throw Error(ErrorKind::kConfiguration, "--choose-tau " + name + ": no such score", "use one of " + config::joined(known));
}

std::string chosen_split(const EvalCommand& command, const DataOptions& data) {
  const std::vector<std::string> splits = split_names(data);
  std::string wanted = command.split.empty() && !command.choose_tau.empty() ? "val" : command.split;
  if (wanted.empty()) return reported_split(data);
  if (std::find(splits.begin(), splits.end(), wanted) != splits.end()) return wanted;
  throw Error(ErrorKind::kConfiguration, "--split " + wanted + ": the data has no such split", "use one of " + config::joined(splits));
}

/// RUN/eval/SPLIT for RUN/checkpoints/FILE, else eval/SPLIT beside the file.
fs::path output_folder(const EvalCommand& command, const std::string& split) {
  if (!command.output.empty()) return command.output;
  const fs::path folder = fs::absolute(command.checkpoint).lexically_normal().parent_path();
  return (folder.filename() == "checkpoints" ? folder.parent_path() : folder) / "eval" / split;
}

/// "logit_adjustment: 0.3 (mean_iou 61.20 on val, 60.87 without)": the tau with the highest score; among equal scores, the tau nearest to 0.
std::string choice_text(const TauCurve& curve, const std::string& wanted) {
  const auto score = [&](const TauPoint& point) { return score_named(point.scores, wanted).value_or(0.0); };
  const auto better = [&](const TauPoint& a, const TauPoint& b) {
    return score(a) != score(b) ? score(a) < score(b) : std::abs(a.tau) > std::abs(b.tau);
  };
  const std::vector<TauPoint> points = curve.points();
  const TauPoint& best = *std::ranges::max_element(points, better);
  const auto unchanged = std::ranges::find(points, 0.0, &TauPoint::tau);
  return "logit_adjustment: " + fixed(best.tau, 1) + " (" + wanted + " " + percent(score(best), 2) + " on " + curve.split + ", " +
         percent(score(*unchanged), 2) + " without; use it with --set eval.logit_adjustment=" + fixed(best.tau, 1) + ")";
}

void tell_mapping(const ClassMapping& mapping, nlohmann::ordered_json& notes) {
  if (mapping.identity()) return;
  const auto joined = [](const std::vector<std::string>& names) { return names.empty() ? "none" : config::joined(names); };
  spdlog::warn("classes are matched by name; these exist only in the model (a prediction of them counts as a miss): {}", joined(mapping.model_only));
  spdlog::warn("these classes exist only in the data (their pixels are ignored): {}", joined(mapping.data_only));
  notes["classes_only_in_model"] = mapping.model_only;
  notes["classes_only_in_data"] = mapping.data_only;
}

}  // namespace

std::vector<std::string> score_names() { return config::texts_of(kBestBy); }

std::vector<double> tried_taus() {
  std::vector<double> taus;
  for (int tenths = -10; tenths <= 10; ++tenths) taus.push_back(tenths / 10.0);
  return taus;
}

int evaluate_checkpoint(const EvalCommand& command, std::ostream& out) {
  cv::setNumThreads(1);
  watch_stop_signals();
  std::optional<PredictionKind> predictions;
  check_score_name(command.choose_tau);
  if (!command.save_predictions.empty()) predictions = prediction_kind(command.save_predictions);
  const Checkpoint checkpoint = load_checkpoint_metadata(command.checkpoint);
  const RunConfig config = evaluated_config(command, checkpoint);
  const std::string split = chosen_split(command, config.data);
  const fs::path output = output_folder(command, split);
  const Communicator ranks = join_ranks(config.train.rank_timeout_s);
  const Compute compute = forward_compute(config, command.device);

  const std::shared_ptr<const FileDataset> dataset = open_files(config.data, split, evaluation_frame(config));
  const ClassMapping mapping = map_classes(checkpoint.classes, dataset->classes());
  std::optional<PredictionWriter> writer;
  if (predictions) writer.emplace(output / "predictions", *predictions, dataset->classes(), mapping.model_to_data);
  const auto model = trained_model(config.model, static_cast<std::int64_t>(checkpoint.classes.size()), command.checkpoint, compute.device);
  const Inference inference(*model, config.model, config.eval, compute, checkpoint.class_pixels);

  EvaluationReport head;
  head.split = split;
  head.checkpoint = fs::absolute(command.checkpoint).string();
  head.eval = evaluation_settings(config, compute);
  tell_mapping(mapping, head.notes);
  EvaluationRequest request;
  request.mapping = mapping;
  request.loader = evaluation_loader(config);
  request.ranks = ranks;
  request.should_stop = [] { return stop_signal() != 0; };
  if (command.tau_curve || !command.choose_tau.empty()) request.taus = tried_taus();
  if (writer) request.on_image = [&](const std::string& id, const torch::Tensor& prediction) { writer->write(id, prediction); };
  auto result = evaluate_and_report(inference, dataset, request, head);
  if (!result) return 128 + (stop_signal() != 0 ? stop_signal() : SIGTERM);
  if (!ranks.is_first()) return 0;
  result->pictures = draw_panels(result->shown, inference, *dataset, request);
  if (stop_signal() != 0) return 128 + stop_signal();
  result->write(output);
  out << evaluation_text(result->report) << "\nreports: " << output.string() << '\n';
  if (!command.choose_tau.empty() && result->report.images > 0) out << choice_text(result->curve, command.choose_tau) << '\n';
  if (writer) out << "predictions: " << (output / "predictions").string() << '\n';
  return 0;
}

}  // namespace seg
