#include "export/onnx_graph.hpp"

#include <ATen/ATen.h>
#include <onnx/defs/attr_proto_util.h>

namespace seg {

OnnxGraph::Value OnnxGraph::node(const std::string& type, const std::string& name, const std::vector<Value>& inputs,
                                 const std::vector<Attribute>& attributes) {
  onnx::NodeProto& node = *graph_.add_node();
  node.set_op_type(type);
  node.set_name(name);
  for (const Value& input : inputs) node.add_input(input);
  node.add_output(name);
  for (const auto& [key, value] : attributes)
    std::visit([&, key = key](const auto& of_its_type) { *node.add_attribute() = onnx::MakeAttribute(key, of_its_type); }, value);
  return name;
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
  const bool by_size = convolution.same && convolution.stride > 1;
  return node("Conv", name, {x, constant(name + ".weight", convolution.weight), constant(name + ".bias", convolution.bias)},
              {{"kernel_shape", Numbers{kernel, kernel}},
               by_size ? Attribute{"auto_pad", "SAME_UPPER"} : Attribute{"pads", Numbers(4, padding)},
               {"strides", Numbers{convolution.stride, convolution.stride}},
               {"dilations", Numbers{convolution.dilation, convolution.dilation}},
               {"group", convolution.groups}});
}

// Written as relu(x) - relu(x - 6): OpenCV 4.6 supports neither a Clip whose bounds are inputs, as in opset 13, nor a Min with a constant.
OnnxGraph::Value OnnxGraph::relu6(const std::string& name, const Value& x) {
  const auto number = [&](const std::string& what, double value) { return constant(name + what, torch::full({1, 1, 1, 1}, value)); };
  const Value above = relu(name + ".above", add(name + ".less", x, number(".minus_six", -6.0)));
  return add(name, relu(name + ".relu", x), multiply(name + ".cut", above, number(".minus_one", -1.0)));
}

OnnxGraph::Value OnnxGraph::max_pool(const std::string& name, const Value& x) {
  return node("MaxPool", name, {x}, {{"kernel_shape", Numbers{3, 3}}, {"pads", Numbers(4, 1)}, {"strides", Numbers{2, 2}}});
}

OnnxGraph::Value OnnxGraph::mean_pool(const std::string& name, const Value& x, std::int64_t kernel, std::int64_t stride, std::int64_t padding) {
  // A separate node for the zeros, since OpenCV includes the zeros of the pooling's padding only for files from PyTorch.
  const torch::Tensor zeros = torch::tensor({std::int64_t{0}, std::int64_t{0}, padding, padding, std::int64_t{0}, std::int64_t{0}, padding, padding});
  const Value padded = node("Pad", name + ".pad", {x, constant(name + ".zeros", zeros)});
  return node("AveragePool", name, {padded}, {{"kernel_shape", Numbers{kernel, kernel}}, {"strides", Numbers{stride, stride}}});
}

OnnxGraph::Value OnnxGraph::sizes(const std::string& name, const Value& x, std::int64_t from, std::int64_t to) {
  const Value shape = node("Shape", name + ".shape", {x});
  const auto number = [&](const std::string& what, std::int64_t value) { return constant(name + what, torch::tensor({value}, torch::kInt64)); };
  return node("Slice", name, {shape, number(".from", from), number(".to", to), number(".axis", 0)});
}

OnnxGraph::Value OnnxGraph::repeat_like(const std::string& name, const Value& x, const Value& like) {
  return node("Expand", name, {x, node("Shape", name + ".shape", {like})});
}

OnnxGraph::Value OnnxGraph::resize_like(const std::string& name, const Value& x, const Value& like, bool align_corners) {
  const Value kept = sizes(name + ".channels", x, 0, 2);
  const Value wanted = sizes(name + ".size", like, 2, 4);
  const Value both = node("Concat", name + ".sizes", {kept, wanted}, {{"axis", std::int64_t{0}}});
  return node("Resize", name, {x, "", "", both},
              {{"mode", "linear"}, {"coordinate_transformation_mode", align_corners ? "align_corners" : "half_pixel"}});
}

}  // namespace seg
