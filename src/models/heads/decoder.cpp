#include "models/heads/decoder.hpp"

#include <algorithm>

#include "ops/drop_out.hpp"
#include "ops/upsampled_conv.hpp"

namespace seg {

namespace {
constexpr double kLastDropout = 0.1;
}  // namespace

DecoderImpl::DecoderImpl(const DecoderChannels& channels, std::int64_t classes, double dropout, bool align_corners)
    : channels_(channels),
      low_(add_conv_norm(*this, "conv1", "bn1", {channels.low, channels.detail})),
      first_(add_conv_norm(*this, "last_conv.0", "last_conv.1", {channels.detail + channels.pyramid, channels.pyramid, 3})),
      second_(add_conv_norm(*this, "last_conv.4", "last_conv.5", {channels.pyramid, channels.pyramid, 3})),
      classify_(add_conv(*this, "last_conv.8", {channels.pyramid, classes}, true)),
      dropout_(dropout),
      align_corners_(align_corners) {}

torch::Tensor DecoderImpl::forward(const torch::Tensor& low, const torch::Tensor& pyramid) {
  const torch::Tensor detail = low_.relu(low);
  // The first convolution of concat(up-sampled pyramid, detail), the pyramid's share at the pyramid's own size.
  const torch::Tensor& weight = first_.conv->weight;
  const torch::Tensor of_detail = torch::conv2d(detail, weight.narrow(1, channels_.pyramid, channels_.detail), {}, 1, 1);
  const torch::Tensor mixed = upsampled_conv(pyramid, weight.narrow(1, 0, channels_.pyramid), of_detail, align_corners_);
  torch::Tensor x = first_.normalized(mixed);
  x = second_.relu(drop_out(x, dropout_, is_training()));
  return classify_->forward(drop_out(x, std::min(dropout_, kLastDropout), is_training()));
}

}  // namespace seg
