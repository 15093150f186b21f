#include "models/heads/aspp.hpp"

#include "ops/drop_out.hpp"

namespace seg {

AsppNames torchvision_aspp_names() {
  return {{{{"convs.0.0", "convs.0.1"}, {"convs.1.0", "convs.1.1"}, {"convs.2.0", "convs.2.1"}, {"convs.3.0", "convs.3.1"}}},
          {"convs.4.1", "convs.4.2"},
          {"project.0", "project.1"}};
}

AsppNames published_aspp_names() {
  return {
      {{{"aspp1.atrous_conv", "aspp1.bn"}, {"aspp2.atrous_conv", "aspp2.bn"}, {"aspp3.atrous_conv", "aspp3.bn"}, {"aspp4.atrous_conv", "aspp4.bn"}}},
      {"global_avg_pool.1", "global_avg_pool.2"},
      {"conv1", "bn1"}};
}

AsppImpl::AsppImpl(std::int64_t inputs, std::int64_t channels, const std::vector<std::int64_t>& rates, double dropout, const AsppNames& names)
    : dropout_(dropout) {
  for (std::size_t i = 0; i < names.branches.size(); ++i) {
    const ConvShape shape = i == 0 ? ConvShape{inputs, channels} : ConvShape{inputs, channels, 3, 1, rates.at(i - 1)};
    branches_.push_back(add_conv_norm(*this, names.branches[i].conv, names.branches[i].norm, shape));
  }
  pooling_ = add_conv_norm(*this, names.pooling.conv, names.pooling.norm, {inputs, channels});
  const std::int64_t concatenated = channels * static_cast<std::int64_t>(branches_.size() + 1);
  project_ = add_conv_norm(*this, names.project.conv, names.project.norm, {concatenated, channels});
}

torch::Tensor AsppImpl::forward(const torch::Tensor& x) {
  std::vector<torch::Tensor> scales;
  for (ConvNorm& branch : branches_) scales.push_back(branch.relu(x));
  // A bilinear up-sampling of one pixel repeats it. The layout must be that of the others, or cat() falls back to channels-first.
  const torch::Tensor mean = pooling_.relu(x.mean({2, 3}, /*keepdim=*/true));
  scales.push_back(mean.expand_as(scales.front()).contiguous(scales.front().suggest_memory_format()));
  return drop_out(project_.relu(torch::cat(scales, 1)), dropout_, is_training());
}

}  // namespace seg
