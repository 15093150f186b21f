#include "export/onnx_model.hpp"

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>
#include <onnx/checker.h>
#include <onnx/defs/parser.h>
#include <onnx/shape_inference/implementation.h>

#include "base/app.hpp"
#include "base/error.hpp"
#include "export/onnx_graph.hpp"
#include "models/backbones/efficientnet_lite.hpp"
#include "models/ddrnet.hpp"
#include "models/deeplab.hpp"

namespace seg {

namespace {

/// The oldest format version with opset 13, so that old readers accept the file.
constexpr int kOnnxFormat = 7;

/// `type`: in ONNX's own notation, such as "float[N,3,64,96]".
void describe_value(onnx::ValueInfoProto& value, const std::string& name, const std::string& type) {
  value.set_name(name);
  if (!onnx::OnnxParser::Parse(*value.mutable_type(), type.c_str()).IsOK())
    throw Error(ErrorKind::kInternal, "export: " + type + " is not an ONNX type");
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

/// Throws kInternal for a graph that ONNX's checker refuses.
void check_graph(const onnx::ModelProto& model) {
  try {
    onnx::checker::check_model(model);
    onnx::ModelProto inferred = model;
    onnx::shape_inference::InferShapes(inferred, onnx::OpSchemaRegistry::Instance(), {/*check_type=*/true, /*strict=*/1, /*data_propagation=*/true});
  } catch (const std::exception& error) {
    throw Error(ErrorKind::kInternal, std::string("the exported graph is not valid: ") + error.what());
  }
}

using Value = OnnxGraph::Value;
using Convolution = OnnxGraph::Convolution;

/// Visits a network's layers by their registered names. Batch norm is folded into the convolution before it:
///
///   gamma (W x + b - mean) / sqrt(var + eps) + beta = (s W) x + (beta + s (b - mean)),   s = gamma / sqrt(var + eps), in double
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

  Value ddrnet(const Value& images) {
    Value shared = conv_norm_relu("conv1.3", "conv1.4", conv_norm_relu("conv1.0", "conv1.1", images));
    shared = stage("layer2", stage("layer1", shared, true), true);
    const Value low3 = stage("layer3", shared, false), high3 = stage("layer3_", shared, false);
    const Value fused3 = with_context("3", high3, conv_norm("compression3.0", "compression3.1", relu(low3)));
    const Value down3 = conv_norm("down3.0", "down3.1", relu(high3));
    const Value low4 = stage("layer4", relu(graph_.add("down3.add", low3, down3)), false), high4 = stage("layer4_", relu(fused3), false);
    const Value fused4 = with_context("4", high4, conv_norm("compression4.0", "compression4.1", relu(low4)));
    const Value down4 = conv_norm("down4.3", "down4.4", conv_norm_relu("down4.0", "down4.1", relu(high4)));
    const Value deepest = stage("layer5", relu(graph_.add("down4.add", low4, down4)), false);
    const Value features = with_context("5", stage("layer5_", relu(fused4), false), dappm("spp.", deepest));
    const Value hidden = conv_norm_relu("final_layer.conv1", "final_layer.bn2", norm_relu("final_layer.bn1", features));
    return classes("final_layer.conv2", hidden);
  }

  /// Reverses the channel order of the convolution of `images`.
  void exchange_red_and_blue(const Value& images) { bgr_images_ = images; }

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

  static torch::Tensor exact(const torch::Tensor& tensor) { return tensor.detach().cpu().to(torch::kFloat64); }

  /// A batch norm as an affine function: s and beta - s mean, float64 [C].
  std::pair<torch::Tensor, torch::Tensor> affine(const std::string& norm_name) const {
    const auto& norm = layer<torch::nn::BatchNorm2dImpl>(norm_name);
    const torch::Tensor scale = exact(norm.weight) / (exact(norm.running_var) + norm.options.eps()).sqrt();
    return {scale, exact(norm.bias) - exact(norm.running_mean) * scale};
  }

  /// The convolution and its batch norm as one convolution. same: see OnnxGraph::Convolution.
  Value conv_norm(const std::string& conv_name, const std::string& norm_name, const Value& x, bool same = false) {
    const auto& conv = layer<torch::nn::Conv2dImpl>(conv_name);
    const auto [scale, offset] = affine(norm_name);
    torch::Tensor weight = exact(conv.weight) * scale.view({-1, 1, 1, 1});
    if (x == bgr_images_) weight = weight.flip(1);
    Convolution folded = convolution_of(conv, weight, conv.bias.defined() ? offset + exact(conv.bias) * scale : offset);
    folded.same = same;
    return graph_.convolution(conv_name, x, folded);
  }

  Value conv_norm_relu(const std::string& conv_name, const std::string& norm_name, const Value& x) {
    return relu(conv_norm(conv_name, norm_name, x));
  }

  /// Must be called only once for each value.
  Value relu(const Value& x) { return graph_.relu(x + ".relu", x); }

  Value norm_relu(const std::string& name, const Value& x) {
    const auto [scale, offset] = affine(name);
    const auto channels = [&](const char* part, const torch::Tensor& values) { return graph_.constant(name + part, values.view({1, -1, 1, 1})); };
    const Value scaled = graph_.multiply(name + ".multiply", x, channels(".scale", scale));
    return relu(graph_.add(name, scaled, channels(".offset", offset)));
  }

  /// A batch norm, a ReLU and then the convolution.
  Value norm_conv(const std::string& norm_name, const std::string& conv_name, const Value& x) {
    const auto& conv = layer<torch::nn::Conv2dImpl>(conv_name);
    const torch::Tensor no_bias = torch::zeros({conv.weight.size(0)});
    return graph_.convolution(conv_name, norm_relu(norm_name, x), convolution_of(conv, conv.weight, no_bias));
  }

  Value classes(const std::string& name, const Value& x) {
    const auto& conv = layer<torch::nn::Conv2dImpl>(name);
    return graph_.convolution(name, x, convolution_of(conv, conv.weight, conv.bias));
  }

  static Convolution convolution_of(const torch::nn::Conv2dImpl& conv, const torch::Tensor& weight, const torch::Tensor& bias) {
    return {weight, bias, conv.options.stride()->at(0), conv.options.dilation()->at(0), conv.options.groups()};
  }

  FeatureMaps backbone(const Value& images) { return is_efficientnet() ? efficientnet(images) : resnet(images); }

  bool is_efficientnet() const { return has("backbone._conv_stem"); }

  Value conv_norm_relu6(const std::string& conv_name, const std::string& norm_name, const Value& x) {
    return graph_.relu6(conv_name + ".relu6", conv_norm(conv_name, norm_name, x, true));
  }

  FeatureMaps efficientnet(const Value& images) {
    FeatureMaps features;
    const std::size_t low_blocks = layer<EfficientNetLiteImpl>("backbone").low_blocks();
    Value x = conv_norm_relu6("backbone._conv_stem", "backbone._bn0", images);
    for (std::size_t i = 0; has("backbone._blocks." + std::to_string(i)); ++i) {
      x = inverted_residual("backbone._blocks." + std::to_string(i), x);
      if (i + 1 == low_blocks) features.low = x;
    }
    features.high = x;
    return features;
  }

  Value inverted_residual(const std::string& block, const Value& x) {
    const std::string name = block + ".";
    const Value expanded = has(name + "_expand_conv") ? conv_norm_relu6(name + "_expand_conv", name + "_bn0", x) : x;
    const Value between = conv_norm_relu6(name + "_depthwise_conv", name + "_bn1", expanded);
    const Value y = conv_norm(name + "_project_conv", name + "_bn2", between);
    return layer<InvertedResidualImpl>(block).adds() ? graph_.add(name + "add", y, x) : y;
  }

  FeatureMaps resnet(const Value& images) {
    FeatureMaps features;
    Value x = graph_.max_pool("backbone.maxpool", conv_norm_relu("backbone.conv1", "backbone.bn1", images));
    for (int number = 1; has("backbone.layer" + std::to_string(number)); ++number) {
      x = stage("backbone.layer" + std::to_string(number), x, true);
      if (number == 1) features.low = x;
    }
    features.high = x;
    return features;
  }

  /// Residual blocks; the last ReLU is optional.
  Value stage(const std::string& name, Value x, bool last_relu) {
    const auto block_name = [&](int block) { return name + "." + std::to_string(block); };
    for (int block = 0; has(block_name(block)); ++block) x = residual_block(block_name(block) + ".", x, last_relu || has(block_name(block + 1)));
    return x;
  }

  Value residual_block(const std::string& name, const Value& x, bool last_relu) {
    const auto convolved = [&](int number, const Value& input) {
      return conv_norm(name + "conv" + std::to_string(number), name + "bn" + std::to_string(number), input);
    };
    Value y = convolved(1, x);
    for (int number = 2; has(name + "conv" + std::to_string(number)); ++number) {
      const Value active = graph_.relu(name + "relu" + std::to_string(number - 1), y);
      y = convolved(number, active);
    }
    const Value residual = has(name + "downsample.0") ? conv_norm(name + "downsample.0", name + "downsample.1", x) : x;
    const Value sum = graph_.add(name + "add", y, residual);
    return last_relu ? graph_.relu(name + "relu", sum) : sum;
  }

  Value aspp(const std::string& name, const AsppNames& names, const Value& x) {
    std::vector<Value> scales;
    for (const ConvNormName& branch : names.branches) scales.push_back(conv_norm_relu(name + branch.conv, name + branch.norm, x));
    const Value mean = conv_norm_relu(name + names.pooling.conv, name + names.pooling.norm, graph_.mean(name + "mean", x));
    scales.push_back(graph_.repeat_like(name + "repeat", mean, scales.front()));
    return conv_norm_relu(name + names.project.conv, name + names.project.norm, graph_.concatenate(name + "concat", scales));
  }

  /// high + up(low); `number`: of the layer from which they come.
  Value with_context(const std::string& number, const Value& high, const Value& low) {
    return graph_.add("fusion" + number + ".add", high, graph_.resize_like("fusion" + number + ".resize", low, high, align_corners_));
  }

  Value dappm(const std::string& name, const Value& x) {
    std::vector<Value> maps{norm_conv(name + "scale0.0", name + "scale0.2", x)};
    const auto add_scale = [&](const Value& pooled) {
      const std::string number = std::to_string(maps.size()), scale = name + "scale" + number, process = name + "process" + number;
      const Value context = graph_.resize_like(scale + ".resize", norm_conv(scale + ".1", scale + ".3", pooled), x, align_corners_);
      maps.push_back(norm_conv(process + ".0", process + ".2", graph_.add(process + ".add", maps.back(), context)));
    };
    for (const DappmPooling& pooling : kDappmPoolings)
      add_scale(graph_.mean_pool(name + "pool" + std::to_string(pooling.stride), x, pooling.kernel(), pooling.stride, pooling.padding()));
    add_scale(graph_.mean(name + "mean", x));
    const Value mixed = norm_conv(name + "compression.0", name + "compression.2", graph_.concatenate(name + "concat", maps));
    return graph_.add(name + "add", mixed, norm_conv(name + "shortcut.0", name + "shortcut.2", x));
  }

  OnnxGraph& graph_;
  torch::OrderedDict<std::string, std::shared_ptr<torch::nn::Module>> layers_;
  bool align_corners_;
  Value bgr_images_;  // empty: the network takes RGB
};

/// (x - mean) / std of an RGB image. The channels stay RGB even if the network was trained on BGR.
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

/// Adds the network to the graph. `image`: float32 [N,3,H,W], RGB, 0..255. Returns logits float32 [N,K,h,w] at the head's stride.
/// Without dropout and the auxiliary head. Throws kConfiguration for an unknown architecture.
Value add_network(OnnxGraph& graph, const Value& image, const Model& model, const ModelOptions& options) {
  const torch::NoGradGuard no_gradient;
  NetworkWriter writer(graph, model, options);
  const Value images = normalized(graph, image, options.input);
  if (options.input.order == ChannelOrder::kBgr) writer.exchange_red_and_blue(images);
  if (dynamic_cast<const DeepLabV3Plus*>(&model) != nullptr) return writer.deeplab_v3_plus(images);
  if (dynamic_cast<const DeepLabV3*>(&model) != nullptr) return writer.deeplab_v3(images);
  if (dynamic_cast<const DdrNet23Slim*>(&model) != nullptr) return writer.ddrnet(images);
  throw Error(ErrorKind::kConfiguration, "model.arch " + options.arch + " cannot be exported to ONNX yet",
              "add it to src/export/onnx_model.cpp, or export a model of another architecture");
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
  proto.set_name(network_name(model_options));
  const std::string size = options.size.height > 0 ? std::to_string(options.size.height) + "," + std::to_string(options.size.width) : "H,W";
  describe_value(*proto.add_input(), "image", "float[N,3," + size + "]");
  OnnxGraph graph(proto);
  Value scores = add_network(graph, "image", model, model_options);
  if (options.shift.defined()) scores = graph.add("logit_adjustment.add", scores, graph.constant("logit_adjustment.shift", -options.shift));
  const Value logits = graph.resize_like("logits", scores, "image", model_options.align_corners);
  if (options.labels)
    describe_value(*proto.add_output(), graph.arg_max("labels", logits), "int64[N," + size + "]");
  else
    describe_value(*proto.add_output(), logits, "float[N," + std::to_string(classes.size()) + "," + size + "]");
  check_graph(file);
  return file;
}

}  // namespace seg
