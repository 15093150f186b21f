// The decoder of DeepLabV3+ (Chen et al., arXiv 1802.02611): sharpens the pyramid's features with those of the first stage.
//
//   concat(few channels from the first stage, up-sampled pyramid) -> 3x3, dropout -> 3x3, dropout of at most 0.1 -> 1x1 to classes
//
// Sizes, dropout and tensor names as in the code published with the recall loss.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>

#include <cstdint>

#include "models/layers.hpp"

namespace seg {

struct DecoderChannels {
  std::int64_t low;      // of the first stage
  std::int64_t detail;   // kept of these; 48 where published
  std::int64_t pyramid;  // and of both convolutions
};

class DecoderImpl : public torch::nn::Module {
 public:
  DecoderImpl(const DecoderChannels& channels, std::int64_t classes, double dropout, bool align_corners);

  /// low: [N,low,H,W]; pyramid: [N,pyramid,h,w] -> logits [N,classes,H,W]
  torch::Tensor forward(const torch::Tensor& low, const torch::Tensor& pyramid);

 private:
  DecoderChannels channels_;
  ConvNorm low_;
  ConvNorm first_;
  ConvNorm second_;
  torch::nn::Conv2d classify_{nullptr};
  double dropout_;
  bool align_corners_;
};
TORCH_MODULE(Decoder);

}  // namespace seg
