#include "ops/class_sums.hpp"

#include <ATen/ATen.h>

#include <vector>

#include "base/classes.hpp"
#include "ops/score_noise.hpp"
#include "ops/upsample.hpp"

namespace seg::reference {
namespace {

torch::Tensor low_bits(const torch::Tensor& x) { return x.bitwise_and(std::int64_t{0xFFFFFFFF}); }
torch::Tensor shifted_and_mixed(const torch::Tensor& x, std::int64_t by) { return x.bitwise_xor(x.bitwise_right_shift(by)); }

/// score_noise.hpp's noise_at for all pixels and classes, float32 [N,K,H,W].
torch::Tensor noise_like(const torch::Tensor& scores, const ScoreNoise& noise) {
  const std::int64_t images = scores.size(0), classes = scores.size(1), height = scores.size(2), width = scores.size(3);
  const auto key = static_cast<std::uint64_t>(noise.key.item<std::int64_t>());
  std::vector<std::int64_t> keys;
  for (std::int64_t row = 0; row < images * height; ++row)
    keys.push_back(noise_row_key(key, static_cast<std::uint64_t>(noise.first_image * height + row)));
  const auto whole = torch::TensorOptions(torch::kLong).device(scores.device());
  const torch::Tensor row_keys = torch::tensor(keys, torch::kLong).to(scores.device()).view({images, 1, height, 1});
  const torch::Tensor places = torch::arange(width * classes, whole).view({1, width, classes}).permute({2, 0, 1});  // [K,1,W]
  torch::Tensor bits = row_keys.bitwise_xor(low_bits(places * std::int64_t{0x9E3779B9}));
  bits = low_bits(shifted_and_mixed(bits, 16) * std::int64_t{kNoiseMixA});
  bits = low_bits(shifted_and_mixed(bits, 15) * std::int64_t{kNoiseMixB});
  bits = shifted_and_mixed(bits, 16);
  const torch::Tensor u = bits.bitwise_right_shift(8).to(torch::kFloat) * 0x1.0p-24;
  const torch::Tensor square = u * u;
  return (u * (kNoise1 + square * (kNoise3 + square * kNoise5))).clamp_max(1);
}

}  // namespace

ClassSums class_sums(const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners) {
  return noisy_class_sums(logits, labels, align_corners, {});
}

ClassSums noisy_class_sums(const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners, const ScoreNoise& noise) {
  const std::int64_t classes = logits.size(1);
  torch::Tensor scores = upsample_logits(logits, labels.size(1), labels.size(2), align_corners);
  if (noise.scale.defined()) scores = scores + noise.scale.view({1, classes, 1, 1}) * noise_like(scores, noise);
  const torch::Tensor valid = labels.ne(kIgnoreLabel);
  const torch::Tensor target = labels.to(torch::kLong).masked_fill(valid.logical_not(), 0);
  const torch::Tensor per_pixel = at::log_softmax(scores, 1).gather(1, target.unsqueeze(1)).squeeze(1).neg();

  const torch::Tensor truth = target.masked_select(valid);
  const torch::Tensor found = scores.detach().argmax(1);
  const torch::Tensor has_none = scores.detach().isnan().any(1);
  const torch::Tensor missed = found.ne(target).logical_or_(has_none).logical_and_(valid);
  const torch::Tensor counted = valid.logical_and(has_none.logical_not());
  const auto zeros = torch::zeros({classes}, logits.options().dtype(torch::kDouble).requires_grad(false));
  return {zeros.index_add(0, truth, per_pixel.masked_select(valid).to(torch::kDouble)), at::bincount(truth, {}, classes),
          at::bincount(target.masked_select(missed), {}, classes), at::bincount(found.masked_select(counted), {}, classes)};
}

}  // namespace seg::reference
