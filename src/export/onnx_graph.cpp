#include "export/onnx_graph.hpp"

#include <ATen/ATen.h>

namespace seg {

namespace {

void set_number(onnx::NodeProto& node, const std::string& name, std::int64_t value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INT);
  attribute.set_i(value);
}

void set_list(onnx::NodeProto& node, const std::string& name, const std::vector<std::int64_t>& values) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) attribute.add_ints(value);
}

void set_text(onnx::NodeProto& node, const std::string& name, const std::string& text) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::STRING);
  attribute.set_s(text);
}

}  // namespace

onnx::NodeProto& OnnxGraph::node(const std::string& type, const std::string& name, const std::vector<Value>& inputs) {
  onnx::NodeProto& node = *graph_.add_node();
  node.set_op_type(type);
  node.set_name(name);
  for (const Value& input : inputs) node.add_input(input);
  node.add_output(name);
  return node;
}

OnnxGraph::Value OnnxGraph::constant(const std::string& name, const torch::Tensor& tensor) {
  const bool whole = !tensor.is_floating_point();
  const torch::Tensor plain = tensor.detach().cpu().to(whole ? torch::kInt64 : torch::kFloat32).contiguous();
  onnx::TensorProto& kept = *graph_.add_initializer();
  kept.set_name(name);
  kept.set_data_type(whole ? onnx::TensorProto::INT64 : onnx::TensorProto::FLOAT);
  for (const std::int64_t size : plain.sizes()) kept.add_dims(size);
  kept.set_raw_data(plain.data_ptr(), plain.nbytes());
  return name;
}

OnnxGraph::Value OnnxGraph::convolution(const std::string& name, const Value& x, const Convolution& convolution) {
  const std::int64_t kernel = convolution.weight.size(2);
  const std::int64_t padding = convolution.dilation * (kernel / 2);
  onnx::NodeProto& made = node("Conv", name, {x, constant(name + ".weight", convolution.weight), constant(name + ".bias", convolution.bias)});
  set_list(made, "kernel_shape", {kernel, kernel});
  set_list(made, "pads", std::vector(4, padding));
  set_list(made, "strides", {convolution.stride, convolution.stride});
  set_list(made, "dilations", {convolution.dilation, convolution.dilation});
  return name;
}

OnnxGraph::Value OnnxGraph::max_pool(const std::string& name, const Value& x) {
  onnx::NodeProto& made = node("MaxPool", name, {x});
  set_list(made, "kernel_shape", {3, 3});
  set_list(made, "pads", {1, 1, 1, 1});
  set_list(made, "strides", {2, 2});
  return name;
}

OnnxGraph::Value OnnxGraph::mean(const std::string& name, const Value& x) { return node("GlobalAveragePool", name, {x}).output(0); }

OnnxGraph::Value OnnxGraph::concatenate(const std::string& name, const std::vector<Value>& maps) {
  set_number(node("Concat", name, maps), "axis", 1);
  return name;
}

OnnxGraph::Value OnnxGraph::sizes(const std::string& name, const Value& x, std::int64_t from, std::int64_t to) {
  const Value shape = node("Shape", name + ".shape", {x}).output(0);
  const auto number = [&](const std::string& what, std::int64_t value) { return constant(name + what, torch::tensor({value}, torch::kInt64)); };
  return node("Slice", name, {shape, number(".from", from), number(".to", to), number(".axis", 0)}).output(0);
}

OnnxGraph::Value OnnxGraph::repeat_like(const std::string& name, const Value& x, const Value& like) {
  const Value shape = node("Shape", name + ".shape", {like}).output(0);
  return node("Expand", name, {x, shape}).output(0);
}

OnnxGraph::Value OnnxGraph::resize_like(const std::string& name, const Value& x, const Value& like, bool align_corners) {
  const Value kept = sizes(name + ".channels", x, 0, 2);
  const Value wanted = sizes(name + ".size", like, 2, 4);
  onnx::NodeProto& both = node("Concat", name + ".sizes", {kept, wanted});
  set_number(both, "axis", 0);
  onnx::NodeProto& made = node("Resize", name, {x, "", "", both.output(0)});
  set_text(made, "mode", "linear");
  set_text(made, "coordinate_transformation_mode", align_corners ? "align_corners" : "half_pixel");
  return name;
}

OnnxGraph::Value OnnxGraph::arg_max(const std::string& name, const Value& x) {
  onnx::NodeProto& made = node("ArgMax", name, {x});
  set_number(made, "axis", 1);
  set_number(made, "keepdims", 0);
  return name;
}

}  // namespace seg
