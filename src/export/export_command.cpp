#include "export/export_command.hpp"

#include <ostream>

#include "base/files.hpp"
#include "engine/checkpoints/trained_config.hpp"
#include "export/onnx_graph.hpp"
#include "export/onnx_model.hpp"
#include "predict/inference.hpp"
#include "predict/trained_model.hpp"
#include "report/text_table.hpp"

namespace seg {

namespace {

void check_command(const ExportCommand& command) {
  if ((command.size.height > 0) != (command.size.width > 0))
    throw Error(ErrorKind::kConfiguration, "--size " + to_string(command.size) + " does not fix both sides", "fix both, or omit --size");
  if (fs::is_directory(command.output))
    throw Error(ErrorKind::kConfiguration, "--output " + command.output.string() + " is a folder", "give a file, such as model.onnx");
}

std::string shape_text(const onnx::ValueInfoProto& value) {
  std::string text;
  for (const auto& dimension : value.type().tensor_type().shape().dim())
    text += (text.empty() ? "" : ",") + (dimension.has_dim_value() ? std::to_string(dimension.dim_value()) : dimension.dim_param());
  return value.name() + " [" + text + "]";
}

}  // namespace

int export_checkpoint(const ExportCommand& command, std::ostream& out) {
  check_command(command);
  const Checkpoint checkpoint = load_checkpoint_metadata(command.checkpoint);
  const RunConfig config = trained_config(checkpoint, command.checkpoint, command.overrides);
  const auto model = trained_model(config.model, static_cast<std::int64_t>(checkpoint.classes.size()), command.checkpoint, torch::kCPU);
  const Size resized = evaluation_frame(config).image;
  const torch::Tensor shift = logit_shift(config.eval.logit_adjustment, checkpoint.class_pixels);
  const onnx::ModelProto file = onnx_model(*model, config.model, checkpoint.classes, {command.labels, command.size, resized, shift});
  std::string bytes;
  if (!file.SerializeToString(&bytes)) throw Error(ErrorKind::kInternal, "the model is too large for one ONNX file");
  if (command.output.has_parent_path()) make_directories(command.output.parent_path());
  write_file_atomic(command.output, bytes);
  out << command.output.string() << ": " << fixed(static_cast<double>(bytes.size()) / 1e6, 1) << " MB, opset " << kOnnxOpset << ", "
      << shape_text(file.graph().input(0)) << " -> " << shape_text(file.graph().output(0)) << '\n';
  if (resized.height > 0 && command.size != resized)
    out << "the network was trained on images resized to " << to_string(resized) << "; use images of this size to get the scores of segeval\n";
  return 0;
}

}  // namespace seg
