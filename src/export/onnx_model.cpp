#include "export/onnx_model.hpp"

#include <nlohmann/json.hpp>
#include <onnx/checker.h>
#include <onnx/shape_inference/implementation.h>

#include <variant>

#include "base/app.hpp"
#include "base/error.hpp"
#include "export/onnx_network.hpp"

namespace seg {

namespace {

/// The oldest format version that has opset 13, so that old readers take the file.
constexpr int kOnnxFormat = 7;

using Dimension = std::variant<std::int64_t, std::string>;  // fixed, or free under a name

void describe_value(onnx::ValueInfoProto& value, const std::string& name, onnx::TensorProto::DataType type, const std::vector<Dimension>& shape) {
  value.set_name(name);
  onnx::TypeProto::Tensor& tensor = *value.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(type);
  for (const Dimension& size : shape) {
    onnx::TensorShapeProto::Dimension& dimension = *tensor.mutable_shape()->add_dim();
    if (const auto* fixed = std::get_if<std::int64_t>(&size))
      dimension.set_dim_value(*fixed);
    else
      dimension.set_dim_param(std::get<std::string>(size));
  }
}

void add_metadata(onnx::ModelProto& model, const std::string& key, const std::string& value) {
  onnx::StringStringEntryProto& entry = *model.add_metadata_props();
  entry.set_key(key);
  entry.set_value(value);
}

std::string classes_as_json(const ClassTable& classes) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const ClassInfo& info : classes) list.push_back({{"name", info.name}, {"id", info.file_id}, {"color", info.color}});
  return list.dump();
}

std::string input_text(const OnnxOptions& options) {
  std::string text = "float32 [N,3,H,W], RGB, 0..255, not normalised";
  if (options.resized.height > 0) text += "; the network was trained on images resized to " + to_string(options.resized) + " (height x width)";
  return text;
}

/// Throws kInternal for a graph that ONNX itself does not take.
void check_graph(const onnx::ModelProto& model) {
  try {
    onnx::checker::check_model(model);
    onnx::ModelProto inferred = model;
    onnx::shape_inference::InferShapes(inferred, onnx::OpSchemaRegistry::Instance(), {/*check_type=*/true, /*strict=*/1, /*data_propagation=*/true});
  } catch (const std::exception& error) {
    throw Error(ErrorKind::kInternal, std::string("the exported graph is not valid: ") + error.what());
  }
}

}  // namespace

onnx::ModelProto onnx_model(const Model& model, const ModelOptions& model_options, const ClassTable& classes, const OnnxOptions& options) {
  onnx::ModelProto file;
  file.set_ir_version(kOnnxFormat);
  file.set_producer_name("segtrain");
  file.set_producer_version(version_text());
  file.add_opset_import()->set_version(kOnnxOpset);
  add_metadata(file, "classes", classes_as_json(classes));
  add_metadata(file, "input", input_text(options));

  onnx::GraphProto& proto = *file.mutable_graph();
  proto.set_name(model_options.arch + " " + model_options.backbone);
  const bool fixed = options.size.height > 0;
  const Dimension height = fixed ? Dimension(options.size.height) : "H";
  const Dimension width = fixed ? Dimension(options.size.width) : "W";
  describe_value(*proto.add_input(), "image", onnx::TensorProto::FLOAT, {"N", std::int64_t{3}, height, width});
  OnnxGraph graph(proto);
  OnnxGraph::Value scores = add_network(graph, "image", model, model_options);
  if (options.shift.defined()) scores = graph.add("logit_adjustment.add", scores, graph.constant("logit_adjustment.shift", -options.shift));
  const OnnxGraph::Value logits = graph.resize_like("logits", scores, "image", model_options.align_corners);
  if (options.labels)
    describe_value(*proto.add_output(), graph.arg_max("labels", logits), onnx::TensorProto::INT64, {"N", height, width});
  else
    describe_value(*proto.add_output(), logits, onnx::TensorProto::FLOAT, {"N", static_cast<std::int64_t>(classes.size()), height, width});
  check_graph(file);
  return file;
}

}  // namespace seg
