#include "ops/class_sums.hpp"

#include <ATen/ATen.h>

#include "base/classes.hpp"
#include "ops/upsample.hpp"

namespace seg::reference {

ClassSums class_sums(const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners, Regions regions) {
  const std::int64_t classes = logits.size(1);
  const torch::Tensor scores = upsample_logits(logits, labels.size(1), labels.size(2), align_corners);
  const torch::Tensor valid = labels.ne(kIgnoreLabel);
  const torch::Tensor target = labels.to(torch::kLong).masked_fill(valid.logical_not(), 0);
  const torch::Tensor truth = target.masked_select(valid);
  const auto zeros = torch::zeros({classes}, logits.options().dtype(torch::kDouble).requires_grad(false));
  const auto of_truth = [&](const torch::Tensor& values) { return values.gather(1, target.unsqueeze(1)).squeeze(1); };
  const auto by_class = [&](const torch::Tensor& per_pixel) { return zeros.index_add(0, truth, per_pixel.masked_select(valid).to(torch::kDouble)); };

  const torch::Tensor found = scores.detach().argmax(1);
  const torch::Tensor has_none = scores.detach().isnan().any(1);
  const torch::Tensor missed = found.ne(target).logical_or_(has_none).logical_and_(valid);
  const torch::Tensor counted = valid.logical_and(has_none.logical_not());
  ClassSums sums{by_class(of_truth(at::log_softmax(scores, 1)).neg()), at::bincount(truth, {}, classes),
                 at::bincount(target.masked_select(missed), {}, classes), at::bincount(found.masked_select(counted), {}, classes)};
  if (regions == Regions::kNo) return sums;
  const torch::Tensor probability = at::softmax(scores, 1);
  sums.probability = probability.masked_fill(valid.logical_not().unsqueeze(1), 0).sum({0, 2, 3}, false, torch::kDouble);
  sums.true_probability = by_class(of_truth(probability));
  return sums;
}

}  // namespace seg::reference
