#include "losses/loss_input.hpp"

#include "base/classes.hpp"
#include "base/error.hpp"
#include "ops/checks.hpp"
#include "ops/upsample.hpp"

namespace seg {

const ClassSums& LossInput::own_sums() const {
  if (!own_sums_) own_sums_ = class_sums(logits_, labels_, align_corners_, regions_);
  return *own_sums_;
}

const ClassSums& LossInput::sums_with_regions() const {
  if (regions_ == Regions::kNo) throw Error(ErrorKind::kInternal, "a loss reads sums of regions, but its regions() does not request them");
  return sums();
}

const ClassSums& LossInput::sums() const {
  if (sums_) return *sums_;
  const ClassSums& own = own_sums();
  if (!ranks_.several()) return own;
  const torch::Tensor counts = torch::stack({own.pixels, own.false_negatives, own.predicted});
  ranks_.sum(counts);
  sums_ = ClassSums{own.cross_entropy, counts[0], counts[1], counts[2]};
  if (regions_ == Regions::kYes) {
    const torch::Tensor part = torch::stack({own.probability, own.true_probability}), whole = part.detach().clone();
    ranks_.sum(whole);
    const torch::Tensor with_gradient = part + (whole - part.detach());
    sums_->probability = with_gradient[0], sums_->true_probability = with_gradient[1];
  }
  return *sums_;
}

torch::Tensor LossInput::share_of(const torch::Tensor& value) const {
  return ranks_.several() ? value - value.detach() * (1.0 - 1.0 / static_cast<double>(ranks_.world_size())) : value;
}

torch::Tensor LossInput::mean_cross_entropy() const { return sums().cross_entropy.detach().sum() / valid_pixels().clamp_min(1); }

torch::Tensor LossInput::mean_loss() const { return (sums().cross_entropy.sum() / valid_pixels().clamp_min(1)).to(torch::kFloat); }

const torch::Tensor& LossInput::full_size() const {
  if (!full_size_.defined()) full_size_ = upsample_logits(logits_, labels_.size(1), labels_.size(2), align_corners_);
  return full_size_;
}

const torch::Tensor& LossInput::valid() const {
  if (!valid_.defined()) valid_ = labels_.ne(kIgnoreLabel);
  return valid_;
}

const torch::Tensor& LossInput::target() const {
  if (target_.defined()) return target_;
  check_logits_and_labels(logits_, labels_);
  target_ = labels_.to(torch::kLong).masked_fill(valid().logical_not(), 0);
  return target_;
}

}  // namespace seg
