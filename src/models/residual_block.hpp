// A block of a residual network (He et al., arXiv 1512.03385): relu(x + f(x)), f = two 3x3 convolutions, or 1x1, 3x3, 1x1, each with a batch norm.
// If the shape changes, a strided 1x1 convolution projects x. Names as in torchvision: conv1, bn1, ..., downsample.0, downsample.1.
#pragma once

#include <torch/nn/module.h>

#include <vector>

#include "models/layers.hpp"

namespace seg {

struct ResidualShape {
  bool bottleneck = false;  // three convolutions, not two
  std::int64_t inputs;      // channels
  std::int64_t width;       // channels of the inner convolutions
  std::int64_t outputs;     // channels; equal to width if there are two convolutions
  std::int64_t stride = 1;
  std::int64_t strided_dilation = 1;  // of the convolution with the stride
  std::int64_t dilation = 1;          // of the 3x3 convolution after it, if there are two
  bool relu = true;                   // false: x + f(x) without ReLU
};

class ResidualBlockImpl : public torch::nn::Module {
 public:
  explicit ResidualBlockImpl(const ResidualShape& shape);

  /// [N,inputs,h,w] -> [N,outputs,h/stride,w/stride], rounded up
  torch::Tensor forward(const torch::Tensor& x);

 private:
  std::vector<ConvNorm> convs_;
  bool relu_;
  bool projected_;
  ConvNorm projection_;
};
TORCH_MODULE(ResidualBlock);

}  // namespace seg
