// The interface of backbones: normalised images in, feature maps at three strides out.
//
// At output stride 16 or 8 a backbone that was designed for stride 32 replaces its last one or two strides by dilation, so that published weights
// remain valid.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <string>
#include <vector>

namespace seg {

/// Feature maps of an image batch [N,3,H,W]; sizes are rounded up.
struct Features {
  torch::Tensor low;   // [N,low,H/4,W/4]
  torch::Tensor mid;   // [N,mid,h,w], from the stage that normally has stride 16: H/16, or H/8 at output stride 8
  torch::Tensor high;  // [N,high,H/output_stride,W/output_stride]
};
struct FeatureChannels {
  std::int64_t low, mid, high;
};

class Backbone : public torch::nn::Module {
 public:
  /// images: float32 or bfloat16 [N,3,H,W], channels-last preferred.
  virtual Features forward(const torch::Tensor& images) = 0;
  virtual FeatureChannels channels() const = 0;
  /// Name prefixes of the image classifier in a published file ("fc."), whose weights the network does not use.
  virtual std::vector<std::string> classifier() const = 0;
};

}  // namespace seg
