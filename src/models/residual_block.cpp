#include "models/residual_block.hpp"

#include <string>

namespace seg {

namespace {

std::vector<ConvShape> convolutions(const ResidualShape& b) {
  if (b.bottleneck) return {{b.inputs, b.width, 1}, {b.width, b.width, 3, b.stride, b.strided_dilation}, {b.width, b.outputs, 1}};
  return {{b.inputs, b.width, 3, b.stride, b.strided_dilation}, {b.width, b.outputs, 3, 1, b.dilation}};
}

}  // namespace

ResidualBlockImpl::ResidualBlockImpl(const ResidualShape& shape) : relu_(shape.relu), projected_(shape.stride != 1 || shape.inputs != shape.outputs) {
  for (const ConvShape& conv : convolutions(shape)) {
    const std::string number = std::to_string(convs_.size() + 1);
    convs_.push_back(add_conv_norm(*this, "conv" + number, "bn" + number, conv));
  }
  if (projected_) projection_ = add_conv_norm(*this, "downsample.0", "downsample.1", {shape.inputs, shape.outputs, 1, shape.stride});
}

torch::Tensor ResidualBlockImpl::forward(const torch::Tensor& x) {
  torch::Tensor y = x;
  for (std::size_t i = 0; i + 1 < convs_.size(); ++i) y = convs_[i].relu(y);
  const torch::Tensor residual = projected_ ? projection_(x) : x;
  return relu_ ? convs_.back().relu(y, residual) : convs_.back()(y, residual);
}

}  // namespace seg
