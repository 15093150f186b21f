// The decoder of DeepLabV3+ (Chen et al., arXiv 1802.02611): refines the pyramid's features with those of the first stage.
//
//   concat(few channels from the first stage, up-sampled pyramid) -> 3x3, dropout -> 3x3, dropout of at most 0.1 -> 1x1 to classes
//
// Sizes, dropout and tensor names are those of the code published with the recall loss.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/conv.h>

#include <algorithm>
#include <cstdint>

#include "models/layers.hpp"
#include "ops/conv.hpp"
#include "ops/drop_out.hpp"
#include "ops/upsampled_conv.hpp"

namespace seg {

struct DecoderChannels {
  std::int64_t low;      // of the first stage
  std::int64_t detail;   // to which these are reduced; 48 in the paper
  std::int64_t pyramid;  // also of both convolutions
};

class DecoderImpl : public torch::nn::Module {
 public:
  DecoderImpl(const DecoderChannels& channels, std::int64_t classes, double dropout, bool align_corners)
      : channels_(channels),
        low_(add_conv_norm(*this, "conv1", "bn1", {channels.low, channels.detail})),
        first_(add_conv_norm(*this, "last_conv.0", "last_conv.1", {channels.detail + channels.pyramid, channels.pyramid, 3})),
        second_(add_conv_norm(*this, "last_conv.4", "last_conv.5", {channels.pyramid, channels.pyramid, 3})),
        classify_(add_conv(*this, "last_conv.8", {channels.pyramid, classes}, true)),
        dropout_(dropout),
        align_corners_(align_corners) {}

  /// low: [N,low,H,W]; pyramid: [N,pyramid,h,w] -> logits [N,classes,H,W]
  torch::Tensor forward(const torch::Tensor& low, const torch::Tensor& pyramid) {
    const torch::Tensor detail = low_.relu(low);
    // The first convolution of concat(up-sampled pyramid, detail). The pyramid's share is computed at the pyramid's size.
    const torch::Tensor& weight = first_.conv->weight;
    const torch::Tensor of_detail = conv2d(detail, weight.narrow(1, channels_.pyramid, channels_.detail), {.padding = 1});
    const torch::Tensor mixed = upsampled_conv(pyramid, weight.narrow(1, 0, channels_.pyramid), of_detail, align_corners_);
    torch::Tensor x = first_.normalized(mixed);
    x = second_.relu(drop_out(x, dropout_, is_training()));
    return classify_->forward(drop_out(x, std::min(dropout_, kLastDropout), is_training()));
  }

 private:
  static constexpr double kLastDropout = 0.1;

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
