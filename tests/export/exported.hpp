// What the tests of exported networks share: small networks that say something, and how far two predictions agree.
#pragma once

#include <gmock/gmock.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/utils.h>

#include <memory>
#include <ostream>
#include <string>

#include "export/onnx_model.hpp"
#include "predict/inference.hpp"

namespace seg::test {

struct NetworkCase {
  std::string arch;
  std::int64_t output_stride;
  bool align_corners = false;
  std::string backbone = "resnet18";
  ChannelOrder order = ChannelOrder::kRgb;
  double width = 1.0;
};

inline void PrintTo(const NetworkCase& c, std::ostream* out) {
  *out << c.arch << " " << c.backbone << " stride " << c.output_stride << (c.align_corners ? " corners " : " ")
       << config::name_of(c.order, kChannelOrders) << " width " << c.width;
}

inline const ClassTable kSomeClasses = {
    {"Road", {128, 64, 128}, 7}, {"Car \"red\"", {200, 0, 0}, 26}, {"Sky", {70, 130, 180}, 23}, {"Tree", {1, 2, 3}, 4}};

/// A network with weights as drawn, statistics of batch norm that are none of the defaults, and no favourite class.
class RandomNetwork {
 public:
  explicit RandomNetwork(const NetworkCase& wanted) {
    options_.arch = wanted.arch;
    options_.backbone = wanted.backbone;
    options_.width = wanted.width;
    options_.output_stride = wanted.output_stride;
    options_.align_corners = wanted.align_corners;
    options_.input.order = wanted.order;
    const torch::NoGradGuard no_gradient;
    torch::manual_seed(3);
    model_ = build_model(options_, static_cast<std::int64_t>(kSomeClasses.size()));
    for (const auto& module : model_->modules())
      if (auto* norm = module->as<torch::nn::BatchNorm2d>()) {
        norm->running_mean.normal_(0.0, 0.2);
        norm->running_var.uniform_(0.5, 1.5);
        norm->weight.uniform_(0.5, 1.5);
        norm->bias.normal_(0.0, 0.2);
      }
    model_->eval();
    torch::Tensor bias = model_->named_parameters()[model_->class_layers().front() + ".bias"];
    bias.sub_(inference().logits(images(1, {96, 96})).mean({0, 2, 3}));
  }

  /// u8 [n,H,W,3] with shapes of all sizes.
  static torch::Tensor images(std::int64_t n, Size size) {
    torch::manual_seed(5);
    torch::Tensor sum = torch::zeros({n, 3, size.height, size.width});
    for (const std::int64_t cells : {3, 9, 40}) {
      const torch::Tensor coarse = torch::rand({n, 3, cells, cells});
      sum += at::upsample_bilinear2d(coarse, {size.height, size.width}, false);
    }
    return (sum * 85.0).to(torch::kUInt8).permute({0, 2, 3, 1}).contiguous();
  }

  torch::Tensor logits(const torch::Tensor& images) const { return inference().logits(images); }
  onnx::ModelProto exported(const OnnxOptions& options = {}) const { return onnx_model(*model_, options_, kSomeClasses, options); }

  /// u8 [n,H,W], as segpredict predicts in float32.
  torch::Tensor predict(const torch::Tensor& images) const { return inference().predict(images, {images.size(1), images.size(2)}); }

 private:
  Inference inference() const { return {*model_, options_, EvalOptions(), Compute()}; }

  ModelOptions options_;
  std::shared_ptr<Model> model_;
};

/// u8 [N,H,W,3] as an exported network takes it: float32 [N,3,H,W].
inline torch::Tensor network_input(const torch::Tensor& images) { return images.permute({0, 3, 1, 2}).to(torch::kFloat32).contiguous(); }

/// The share of pixels with the same label; recorded in the test's report.
inline double agreement(const torch::Tensor& ours, const torch::Tensor& theirs) {
  const double share = ours.to(torch::kInt64).eq(theirs.to(torch::kInt64)).to(torch::kFloat64).mean().item<double>();
  testing::Test::RecordProperty("agreement", std::to_string(share));
  return share;
}

inline std::int64_t classes_seen(const torch::Tensor& labels) { return std::get<0>(at::_unique(labels.to(torch::kInt64))).numel(); }

}  // namespace seg::test
