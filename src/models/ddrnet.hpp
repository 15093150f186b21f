// DDRNet-23-slim (Hong et al., arXiv 2101.06085): two branches from stride 8 on, one of which keeps its resolution while the other continues to
// stride 64.
//
//   low_3  = relu(l + down(relu(h))),  high_3 = h + up(compress(relu(l)))        l = layer3(x), h = layer3_(x); the same after layer4
//   logits = final_layer(layer5_(relu(high_4)) + up(DAPPM(layer5(low_4))))
//
// h and l are residual blocks without their last ReLU; up() is bilinear, to the size of the high branch. The auxiliary head, which the paper uses in
// training (factor 0.4), is on high_3. Structure and tensor names are those of the authors' code (github.com/ydhongHIT/DDRNet). That code requires
// sizes that are multiples of 8; this one accepts any size.
#pragma once

#include <torch/nn/modules/container/sequential.h>

#include <cstdint>
#include <string>
#include <vector>

#include "models/heads/dappm.hpp"
#include "models/layers.hpp"
#include "models/model.hpp"

namespace seg {

/// A batch norm and a ReLU, a 3x3 convolution, again a batch norm and a ReLU, and a 1x1 convolution to classes.
class DdrNetHeadImpl : public torch::nn::Module {
 public:
  DdrNetHeadImpl(std::int64_t inputs, std::int64_t channels, std::int64_t classes)
      : norm_(register_module("bn1", torch::nn::BatchNorm2d(inputs))),
        conv_(add_conv_norm(*this, "conv1", "bn2", {inputs, channels, 3})),
        classify_(add_conv(*this, "conv2", {channels, classes}, true)) {}

  /// [N,inputs,h,w] -> logits [N,classes,h,w]
  torch::Tensor forward(const torch::Tensor& x) { return classify_->forward(conv_.relu(norm_relu(norm_, x))); }

 private:
  torch::nn::BatchNorm2d norm_{nullptr};
  ConvNorm conv_;
  torch::nn::Conv2d classify_{nullptr};
};
TORCH_MODULE(DdrNetHead);

/// Logits at stride 8. There is no dropout, as in the published network; ModelOptions::dropout is ignored.
class DdrNet23Slim : public Model {
 public:
  DdrNet23Slim(const ModelOptions& options, std::int64_t classes);

  ModelOutput forward(const torch::Tensor& images) final;
  std::vector<std::string> class_layers() const final;

 private:
  /// high + up(low)
  torch::Tensor with_context(const torch::Tensor& high, const torch::Tensor& low) const;

  bool align_corners_;
  std::vector<ConvNorm> stem_;
  torch::nn::Sequential layer1_, layer2_;           // to stride 8
  torch::nn::Sequential layer3_, layer4_, layer5_;  // strides 16, 32, 64
  torch::nn::Sequential high3_, high4_, high5_;     // stride 8
  ConvNorm down3_, down4_, down4_last_;             // from the high branch to the low branch
  ConvNorm compression3_, compression4_;            // from the low branch to the high branch
  Dappm spp_{nullptr};
  DdrNetHead auxiliary_{nullptr};  // may be null
  DdrNetHead final_layer_{nullptr};
};

}  // namespace seg
