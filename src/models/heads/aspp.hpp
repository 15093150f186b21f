// Atrous spatial pyramid pooling (Chen et al., arXiv 1706.05587): one feature map seen at several scales.
//
//   relu(bn(project(concat(1x1, 3x3 at three dilations, 1x1 of the image's mean)))), then dropout
//
// Each branch has a batch norm and a ReLU, and as many channels as the result: 256 where published. The mean's branch gives batch norm one value
// per image and channel.
#pragma once

#include <torch/nn/module.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "models/layers.hpp"

namespace seg {

/// What a weight file calls a convolution and its batch norm, below the pyramid's own name.
struct ConvNormName {
  std::string conv;
  std::string norm;
};
struct AsppNames {
  std::array<ConvNormName, 4> branches;  // 1x1 and the three atrous ones
  ConvNormName pooling;
  ConvNormName project;
};
AsppNames torchvision_aspp_names();
/// Those of the code published with the recall loss.
AsppNames published_aspp_names();

class AsppImpl : public torch::nn::Module {
 public:
  AsppImpl(std::int64_t inputs, std::int64_t channels, const std::vector<std::int64_t>& rates, double dropout, const AsppNames& names);

  /// [N,inputs,h,w] -> [N,channels,h,w]
  torch::Tensor forward(const torch::Tensor& x);

 private:
  std::vector<ConvNorm> branches_;
  ConvNorm pooling_;
  ConvNorm project_;
  double dropout_;
};
TORCH_MODULE(Aspp);

}  // namespace seg
