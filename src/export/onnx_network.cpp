#include "export/onnx_network.hpp"

#include <ATen/ATen.h>

#include "base/error.hpp"
#include "models/deeplab.hpp"

namespace seg {

namespace {

using Value = OnnxGraph::Value;
using Convolution = OnnxGraph::Convolution;

/// Walks a network's layers by the names they are registered under.
class NetworkWriter {
 public:
  NetworkWriter(OnnxGraph& graph, const Model& model, const ModelOptions& options)
      : graph_(graph), layers_(model.named_modules({}, /*include_self=*/false)), align_corners_(options.align_corners) {}

  Value deeplab_v3(const Value& images) {
    const FeatureMaps features = backbone(images);
    const Value pyramid = aspp("classifier.0.", torchvision_aspp_names(), features.high);
    return classes("classifier.4", conv_norm_relu("classifier.1", "classifier.2", pyramid));
  }

  Value deeplab_v3_plus(const Value& images) {
    const FeatureMaps features = backbone(images);
    const Value pyramid = aspp("aspp.", published_aspp_names(), features.high);
    const Value detail = conv_norm_relu("decoder.conv1", "decoder.bn1", features.low);
    const Value sharpened = graph_.concatenate("decoder.concat", {graph_.resize_like("decoder.resize", pyramid, detail, align_corners_), detail});
    const Value mixed = conv_norm_relu("decoder.last_conv.0", "decoder.last_conv.1", sharpened);
    return classes("decoder.last_conv.8", conv_norm_relu("decoder.last_conv.4", "decoder.last_conv.5", mixed));
  }

  /// The first convolution takes its channels in the other order.
  void exchange_red_and_blue() { flip_image_channels_ = true; }

 private:
  struct FeatureMaps {
    Value low;
    Value high;
  };

  template <class Layer>
  const Layer& layer(const std::string& name) const {
    const auto* found = layers_.find(name);
    const auto* typed = found == nullptr ? nullptr : (*found)->template as<Layer>();
    if (typed == nullptr) throw Error(ErrorKind::kInternal, "export: the network has no layer " + name + " of the kind expected");
    return *typed;
  }
  bool has(const std::string& name) const { return layers_.contains(name); }

  /// The convolution and its batch norm as one convolution.
  Value conv_norm(const std::string& conv_name, const std::string& norm_name, const Value& x) {
    const auto& conv = layer<torch::nn::Conv2dImpl>(conv_name);
    const auto& norm = layer<torch::nn::BatchNorm2dImpl>(norm_name);
    const auto exact = [](const torch::Tensor& tensor) { return tensor.detach().cpu().to(torch::kFloat64); };
    const torch::Tensor scale = exact(norm.weight) / (exact(norm.running_var) + norm.options.eps()).sqrt();
    torch::Tensor weight = exact(conv.weight) * scale.view({-1, 1, 1, 1});
    if (flip_image_channels_ && conv_name == kFirstLayer) weight = weight.flip(1);
    return graph_.convolution(conv_name, x, convolution_of(conv, weight, exact(norm.bias) - exact(norm.running_mean) * scale));
  }

  Value conv_norm_relu(const std::string& conv_name, const std::string& norm_name, const Value& x) {
    return graph_.relu(conv_name + ".relu", conv_norm(conv_name, norm_name, x));
  }

  Value classes(const std::string& name, const Value& x) {
    const auto& conv = layer<torch::nn::Conv2dImpl>(name);
    return graph_.convolution(name, x, convolution_of(conv, conv.weight, conv.bias));
  }

  static Convolution convolution_of(const torch::nn::Conv2dImpl& conv, const torch::Tensor& weight, const torch::Tensor& bias) {
    return {weight, bias, conv.options.stride()->at(0), conv.options.dilation()->at(0)};
  }

  FeatureMaps backbone(const Value& images) {
    FeatureMaps features;
    Value x = graph_.max_pool("backbone.maxpool", conv_norm_relu(kFirstLayer, "backbone.bn1", images));
    for (int stage = 1; has(stage_name(stage)); ++stage) {
      for (int block = 0; has(stage_name(stage) + "." + std::to_string(block)); ++block)
        x = residual_block(stage_name(stage) + "." + std::to_string(block) + ".", x);
      if (stage == 1) features.low = x;
    }
    features.high = x;
    return features;
  }

  static std::string stage_name(int stage) { return "backbone.layer" + std::to_string(stage); }

  Value residual_block(const std::string& name, const Value& x) {
    const auto convolved = [&](int number, const Value& input) {
      return conv_norm(name + "conv" + std::to_string(number), name + "bn" + std::to_string(number), input);
    };
    Value y = convolved(1, x);
    for (int number = 2; has(name + "conv" + std::to_string(number)); ++number)
      y = convolved(number, graph_.relu(name + "relu" + std::to_string(number - 1), y));
    const Value residual = has(name + "downsample.0") ? conv_norm(name + "downsample.0", name + "downsample.1", x) : x;
    return graph_.relu(name + "relu", graph_.add(name + "add", y, residual));
  }

  Value aspp(const std::string& name, const AsppNames& names, const Value& x) {
    std::vector<Value> scales;
    for (const ConvNormName& branch : names.branches) scales.push_back(conv_norm_relu(name + branch.conv, name + branch.norm, x));
    const Value mean = conv_norm_relu(name + names.pooling.conv, name + names.pooling.norm, graph_.mean(name + "mean", x));
    scales.push_back(graph_.repeat_like(name + "repeat", mean, scales.front()));
    return conv_norm_relu(name + names.project.conv, name + names.project.norm, graph_.concatenate(name + "concat", scales));
  }

  static constexpr const char* kFirstLayer = "backbone.conv1";

  OnnxGraph& graph_;
  torch::OrderedDict<std::string, std::shared_ptr<torch::nn::Module>> layers_;
  bool align_corners_;
  bool flip_image_channels_ = false;
};

/// (x - mean) / std of an RGB image. Where the network was trained on BGR its channels stay RGB here.
Value normalized(OnnxGraph& graph, const Value& image, const NetworkInput& input) {
  const auto channels = [&](const std::vector<double>& values) {
    const torch::Tensor row = torch::tensor(values, torch::kFloat64);
    return (input.order == ChannelOrder::kBgr ? row.flip(0) : row).view({1, 3, 1, 1});
  };
  const torch::Tensor mean = channels(input.mean);
  const torch::Tensor std = channels(input.std);
  const Value scaled = graph.multiply("normalize.multiply", image, graph.constant("normalize.scale", 1.0 / std));
  return graph.add("normalize.add", scaled, graph.constant("normalize.offset", -mean / std));
}

}  // namespace

OnnxGraph::Value add_network(OnnxGraph& graph, const OnnxGraph::Value& image, const Model& model, const ModelOptions& options) {
  const torch::NoGradGuard no_gradient;
  NetworkWriter writer(graph, model, options);
  if (options.input.order == ChannelOrder::kBgr) writer.exchange_red_and_blue();
  const Value images = normalized(graph, image, options.input);
  if (dynamic_cast<const DeepLabV3Plus*>(&model) != nullptr) return writer.deeplab_v3_plus(images);
  if (dynamic_cast<const DeepLabV3*>(&model) != nullptr) return writer.deeplab_v3(images);
  throw Error(ErrorKind::kConfiguration, "model.arch " + options.arch + " has no ONNX form yet", "export a model of deeplabv3plus or deeplabv3");
}

}  // namespace seg
