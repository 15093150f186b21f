// The input of losses: logits at the head's stride and labels at full size. Derived values that several losses need are computed once, at their
// first use, so that the parts of a sum share one pass over the pixels and one up-sampling.
//
// With several ranks, it is this rank's part of the batch, and the loss is this rank's share: the shares of all ranks add up to the loss of the
// whole batch, and so do their gradients.
#pragma once

#include <optional>

#include "ops/class_sums.hpp"
#include "ranks/communicator.hpp"

namespace seg {

class LossInput {
 public:
  /// logits: float32 or bfloat16 [N,K,h,w]; labels: uint8 [N,H,W], 255 = ignored, on the same device; align_corners: the corner convention of the
  /// model's up-sampling; ranks: the processes with the other parts of the batch; regions: whether sums() has region sums, see Loss::regions().
  LossInput(torch::Tensor logits, torch::Tensor labels, bool align_corners, Communicator ranks = {}, Regions regions = Regions::kNo)
      : logits_(std::move(logits)), labels_(std::move(labels)), align_corners_(align_corners), ranks_(std::move(ranks)), regions_(regions) {}

  /// The same batch with other logits [N,K,h,w], without regions.
  LossInput with_logits(torch::Tensor logits) const { return {std::move(logits), labels_, align_corners_, ranks_}; }

  const torch::Tensor& logits() const { return logits_; }
  const torch::Tensor& labels() const { return labels_; }

  const Communicator& ranks() const { return ranks_; }

  /// Cross entropy of this part, differentiable, with the counts and the region sums of the whole batch; the gradient is that of this part.
  const ClassSums& sums() const;
  /// The same. Throws kInternal if the input was made without regions, because the loss did not request them.
  const ClassSums& sums_with_regions() const;
  /// The same with the counts of this part.
  const ClassSums& own_sums() const;
  /// int64 scalar: the number of valid pixels of the whole batch.
  torch::Tensor valid_pixels() const { return sums().pixels.sum(); }
  /// float64 scalar, detached: this rank's share of the plain cross entropy, mean over the valid pixels; 0 if there are none.
  torch::Tensor mean_cross_entropy() const;

  /// float32 scalar, differentiable: the same value.
  torch::Tensor mean_loss() const;
  /// This rank's share of a value that is the same on all ranks, such as one computed from region sums, with its full gradient: the other ranks add
  /// the gradient of their parts.
  torch::Tensor share_of(const torch::Tensor& value) const;

  /// float32 [N,K,H,W]: the logits up-sampled to the labels' size, differentiable.
  const torch::Tensor& full_size() const;
  /// bool [N,H,W]: true where a pixel is not ignored.
  const torch::Tensor& valid() const;
  /// int64 [N,H,W]: the labels, 0 where they are ignored. Throws kData for a label that is not a class, like sums(); neither does on CUDA.
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
