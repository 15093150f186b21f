// Builds a graph of ONNX operators (opset 13) node by node; values are identified by their names.
//
// Maps are float32 [N,C,H,W]. A node's result has the name of the node, so that a viewer shows the names of the network.
#pragma once

#include <onnx/onnx_pb.h>
#include <torch/types.h>

#include <string>
#include <variant>
#include <vector>

namespace seg {

inline constexpr int kOnnxOpset = 13;

class OnnxGraph {
 public:
  using Value = std::string;

  /// The parameters of a convolution; the padding keeps the size at stride 1.
  struct Convolution {
    torch::Tensor weight;  // float [outputs,inputs of a group,k,k], k odd
    torch::Tensor bias;    // float [outputs]
    std::int64_t stride = 1;
    std::int64_t dilation = 1;
    std::int64_t groups = 1;
    bool same = false;  // TensorFlow's padding, which depends on the size (models/same_layers.hpp); at stride 1 there is no difference
  };

  /// `graph` must outlive the object.
  explicit OnnxGraph(onnx::GraphProto& graph) : graph_(graph) {}

  /// Stores a floating-point tensor (as float32) or an int64 tensor in the graph.
  Value constant(const std::string& name, const torch::Tensor& tensor);

  Value convolution(const std::string& name, const Value& x, const Convolution& convolution);
  /// 3x3 at stride 2, padding 1.
  Value max_pool(const std::string& name, const Value& x);
  /// The mean of square windows; includes `padding` zeros beyond the border.
  Value mean_pool(const std::string& name, const Value& x, std::int64_t kernel, std::int64_t stride, std::int64_t padding);
  /// [N,C,H,W] -> [N,C,1,1]
  Value mean(const std::string& name, const Value& x) { return node("GlobalAveragePool", name, {x}); }
  Value relu(const std::string& name, const Value& x) { return node("Relu", name, {x}); }
  /// min(max(x, 0), 6)
  Value relu6(const std::string& name, const Value& x);
  Value add(const std::string& name, const Value& a, const Value& b) { return node("Add", name, {a, b}); }
  Value multiply(const std::string& name, const Value& a, const Value& b) { return node("Mul", name, {a, b}); }
  /// Along the channels.
  Value concatenate(const std::string& name, const std::vector<Value>& maps) { return node("Concat", name, maps, {{"axis", std::int64_t{1}}}); }
  /// [N,C,1,1] -> [N,C,H,W] with the size of `like`, which has as many channels.
  Value repeat_like(const std::string& name, const Value& x, const Value& like);
  /// Bilinear, to the height and width of `like`.
  Value resize_like(const std::string& name, const Value& x, const Value& like, bool align_corners);
  /// int64 [N,H,W]: the channel with the highest value; ties to the lowest.
  Value arg_max(const std::string& name, const Value& x) {
    return node("ArgMax", name, {x}, {{"axis", std::int64_t{1}}, {"keepdims", std::int64_t{0}}});
  }

 private:
  using Numbers = std::vector<std::int64_t>;
  struct Attribute {
    std::string name;
    std::variant<std::int64_t, Numbers, std::string> value;
  };

  Value node(const std::string& type, const std::string& name, const std::vector<Value>& inputs, const std::vector<Attribute>& attributes = {});
  /// Entries [from, to) of a value's shape.
  Value sizes(const std::string& name, const Value& x, std::int64_t from, std::int64_t to);

  onnx::GraphProto& graph_;
};

}  // namespace seg
