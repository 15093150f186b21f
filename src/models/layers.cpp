#include "models/layers.hpp"

#include <cmath>
#include <limits>
#include <memory>

namespace seg {

torch::nn::Module& container(torch::nn::Module& owner, const std::string& name) {
  const auto children = owner.named_children();
  if (const auto* child = children.find(name)) return **child;
  return *owner.register_module(name, std::make_shared<torch::nn::Module>());
}

torch::nn::Conv2d add_conv(torch::nn::Module& owner, const std::string& path, const ConvShape& shape, bool bias) {
  const auto options = torch::nn::Conv2dOptions(shape.inputs, shape.outputs, shape.kernel)
                           .stride(shape.stride)
                           .padding(shape.dilation * (shape.kernel / 2))
                           .dilation(shape.dilation)
                           .bias(bias);
  return add_module(owner, path, torch::nn::Conv2d(options));
}

ConvNorm add_conv_norm(torch::nn::Module& owner, const std::string& conv_path, const std::string& norm_path, const ConvShape& shape) {
  return {add_conv(owner, conv_path, shape, false), add_module(owner, norm_path, torch::nn::BatchNorm2d(shape.outputs))};
}

torch::Tensor drop_out(const torch::Tensor& x, double probability, bool training) {
  if (!training || probability == 0.0) return x;
  using Word = std::numeric_limits<std::int64_t>;
  const torch::Tensor words = torch::empty({(x.numel() + 3) / 4}, x.options().dtype(torch::kInt64)).random_(Word::min(), Word::max());
  const auto dropped = static_cast<std::int64_t>(std::lround(probability * 65536.0));  // of the 65536 values of 16 bits
  const torch::Tensor kept = words.view(torch::kInt16).ge(dropped - 32768);
  // In the layout of x, so that the product runs over both in order.
  const torch::Tensor mask = kept.as_strided(x.sizes(), torch::empty_like(x).strides());
  return x * mask.to(x.scalar_type()).mul_(65536.0 / static_cast<double>(65536 - dropped));
}

void draw_weights(torch::nn::Module& module, torch::nn::init::FanModeType fan) {
  for (const auto& child : module.modules(/*include_self=*/false)) {
    auto* conv = child->as<torch::nn::Conv2d>();
    if (conv == nullptr) continue;
    torch::nn::init::kaiming_normal_(conv->weight, 0.0, fan, torch::kReLU);
    if (conv->bias.defined()) torch::nn::init::zeros_(conv->bias);
  }
}

}  // namespace seg
