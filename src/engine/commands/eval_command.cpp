#include "engine/commands/eval_command.hpp"

#include <opencv2/core/utility.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <ostream>

#include "base/error.hpp"
#include "data/registry.hpp"
#include "engine/evaluation/class_mapping.hpp"
#include "engine/evaluation/predictions.hpp"
#include "engine/evaluation/split_report.hpp"
#include "engine/evaluation/trained_model.hpp"
#include "engine/frame_size.hpp"
#include "engine/stop.hpp"

namespace seg {

namespace {

namespace fs = std::filesystem;

RunConfig evaluated_config(const EvalCommand& command, const Checkpoint& checkpoint) {
  RunConfig config = trained_config(checkpoint, command.checkpoint, command.overrides);
  if (!command.config.empty()) config = with_data_of(std::move(config), command.config, command.overrides);
  check_evaluation(config);
  return config;
}

std::string chosen_split(const EvalCommand& command, const DataOptions& data) {
  const std::vector<std::string> splits = split_names(data);
  if (command.split.empty()) return reported_split(data);
  if (std::find(splits.begin(), splits.end(), command.split) != splits.end()) return command.split;
  std::string known;
  for (const std::string& split : splits) known += (known.empty() ? "" : ", ") + split;
  throw Error(ErrorKind::kConfiguration, "--split " + command.split + ": the data has no such split", "use one of " + known);
}

/// RUN/eval/SPLIT for RUN/checkpoints/FILE, else eval/SPLIT beside the file.
fs::path output_folder(const EvalCommand& command, const std::string& split) {
  if (!command.output.empty()) return command.output;
  const fs::path folder = fs::absolute(command.checkpoint).lexically_normal().parent_path();
  return (folder.filename() == "checkpoints" ? folder.parent_path() : folder) / "eval" / split;
}

void tell_mapping(const ClassMapping& mapping, nlohmann::ordered_json& notes) {
  if (mapping.identity()) return;
  const auto joined = [](const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text.empty() ? std::string("none") : text;
  };
  spdlog::warn("classes are matched by name; only in the model (predictions of them count as misses): {}", joined(mapping.model_only));
  spdlog::warn("only in the data (their pixels count nowhere): {}", joined(mapping.data_only));
  notes["classes_only_in_model"] = mapping.model_only;
  notes["classes_only_in_data"] = mapping.data_only;
}

}  // namespace

int evaluate_checkpoint(const EvalCommand& command, std::ostream& out) {
  cv::setNumThreads(1);
  watch_stop_signals();
  std::optional<PredictionKind> predictions;
  if (!command.save_predictions.empty()) predictions = prediction_kind(command.save_predictions);
  const Checkpoint checkpoint = load_checkpoint_metadata(command.checkpoint);
  const RunConfig config = evaluated_config(command, checkpoint);
  const std::string split = chosen_split(command, config.data);
  const fs::path output = output_folder(command, split);
  const Compute compute = forward_compute(config, command.device);

  const auto dataset = open_files(config.data, split, evaluation_frame(config));
  const ClassMapping mapping = map_classes(checkpoint.classes, dataset->classes());
  std::optional<PredictionWriter> writer;
  if (predictions) writer.emplace(output / "predictions", *predictions, dataset->classes(), mapping.model_to_data);
  const auto model = trained_model(checkpoint, config, command.checkpoint, compute.device);
  const Inference inference(*model, config, compute);

  ReportHead head{split, fs::absolute(command.checkpoint), evaluation_settings(config, compute)};
  tell_mapping(mapping, head.notes);
  EvaluationRequest request{mapping.model_to_data, mapping.ignored_truth, false, evaluation_loader(config), {}, [] { return stop_signal() != 0; }};
  if (writer) request.on_image = [&](const EvaluatedImage& image) { writer->write(image.sample.id, image.prediction); };
  auto result = evaluate_and_report(inference, *dataset, request, head);
  if (!result) return 128 + stop_signal();
  result->pictures = draw_panels(result->shown, inference, *dataset, request);
  if (stop_signal() != 0) return 128 + stop_signal();
  result->write(output);
  out << evaluation_text(result->report) << "\nreports: " << output.string() << '\n';
  if (writer) out << "predictions: " << (output / "predictions").string() << '\n';
  return 0;
}

}  // namespace seg
