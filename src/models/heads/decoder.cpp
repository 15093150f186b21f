#include "models/heads/decoder.hpp"

#include <algorithm>

#include "models/heads/aspp.hpp"
#include "models/resize.hpp"
#include "ops/drop_out.hpp"

namespace seg {

namespace {
constexpr std::int64_t kLowChannels = 48;
constexpr std::int64_t kWidth = 256;
constexpr double kLastDropout = 0.1;
}  // namespace

DecoderImpl::DecoderImpl(std::int64_t low_channels, std::int64_t classes, double dropout, bool align_corners)
    : low_(add_conv_norm(*this, "conv1", "bn1", {low_channels, kLowChannels})),
      first_(add_conv_norm(*this, "last_conv.0", "last_conv.1", {kLowChannels + kAsppChannels, kWidth, 3})),
      second_(add_conv_norm(*this, "last_conv.4", "last_conv.5", {kWidth, kWidth, 3})),
      classify_(add_conv(*this, "last_conv.8", {kWidth, classes}, true)),
      dropout_(dropout),
      align_corners_(align_corners) {}

torch::Tensor DecoderImpl::forward(const torch::Tensor& low, const torch::Tensor& pyramid) {
  const torch::Tensor detail = low_.rectified(low);
  const torch::Tensor context = resize_features(pyramid, detail.size(2), detail.size(3), align_corners_);
  torch::Tensor x = first_.rectified(torch::cat({context, detail}, 1));
  x = second_.rectified(drop_out(x, dropout_, is_training()));
  return classify_->forward(drop_out(x, std::min(dropout_, kLastDropout), is_training()));
}

}  // namespace seg
