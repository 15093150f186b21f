// A batch as losses see it: logits at the head's stride held against full-size labels. What several losses need of it is made once, when it is
// first asked for, so that the parts of a sum share one pass over the pixels and one up-sampling.
//
// With several ranks it is this rank's part of the batch. A loss then is this rank's share: the shares add up to the loss of the whole batch, and
// so do their gradients.
#pragma once

#include <optional>

#include "ops/class_sums.hpp"
#include "ranks/communicator.hpp"

namespace seg {

class LossInput {
 public:
  /// logits: float32 or bfloat16 [N,K,h,w]; labels: uint8 [N,H,W], 255 = ignored, on the same device; align_corners: the corner convention of the
  /// model's up-sampling; ranks: who has the other parts of the batch; regions: whether sums() has those of regions, as Loss::regions() asks.
  LossInput(torch::Tensor logits, torch::Tensor labels, bool align_corners, Communicator ranks = {}, Regions regions = Regions::kNo)
      : logits_(std::move(logits)), labels_(std::move(labels)), align_corners_(align_corners), ranks_(std::move(ranks)), regions_(regions) {}

  /// The same batch with other logits [N,K,h,w], without regions.
  LossInput with_logits(torch::Tensor logits) const { return {std::move(logits), labels_, align_corners_, ranks_}; }

  const torch::Tensor& logits() const { return logits_; }
  const torch::Tensor& labels() const { return labels_; }

  const Communicator& ranks() const { return ranks_; }

  /// Cross entropy of this part, differentiable, with the counts and the regions of the whole batch; the gradient of these is that of this part.
  const ClassSums& sums() const;
  /// The same. Throws kInternal for an input made without regions, where the loss has not said that it reads them.
  const ClassSums& sums_with_regions() const;
  /// The same with the counts of this part.
  const ClassSums& own_sums() const;
  /// int64 scalar: the number of valid pixels of the whole batch.
  torch::Tensor valid_pixels() const { return sums().pixels.sum(); }
  /// float64 scalar, detached: this rank's share of the plain cross entropy, mean over the valid pixels; 0 if there are none.
  torch::Tensor mean_cross_entropy() const;

  /// float32 scalar, differentiable: likewise.
  torch::Tensor mean_loss() const;
  /// This rank's share of a value that all ranks have, such as one made of regions, with the whole gradient: what the others add to it comes from
  /// their parts.
  torch::Tensor share_of(const torch::Tensor& value) const;

  /// float32 [N,K,H,W]: the logits up-sampled to the labels' size, differentiable.
  const torch::Tensor& full_size() const;
  /// bool [N,H,W]: not ignored.
  const torch::Tensor& valid() const;
  /// int64 [N,H,W]: the labels, 0 where they are ignored. Throws kData for one that is no class, as sums() does; neither does on CUDA.
  const torch::Tensor& target() const;

 private:
  torch::Tensor logits_;
  torch::Tensor labels_;
  bool align_corners_;
  Communicator ranks_;
  Regions regions_;
  mutable std::optional<ClassSums> own_sums_;
  mutable std::optional<ClassSums> sums_;
  mutable torch::Tensor full_size_;
  mutable torch::Tensor valid_;
  mutable torch::Tensor target_;
};

}  // namespace seg
