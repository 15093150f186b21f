// Predicts labels from images: plain, mirrored, at several scales, in sliding windows; shared by evaluation and prediction.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "base/size.hpp"
#include "device/compute.hpp"
#include "models/model.hpp"
#include "ops/packed_convs.hpp"
#include "predict/averaging.hpp"
#include "predict/eval_options.hpp"

namespace seg {

// Post-hoc logit adjustment (Menon et al., arXiv 2007.07314): with tau, the arg-max of z_c - tau log pi_c trades precision of rare classes for
// their recall. pi_c is the share of class c among the training pixels; with data.sampling: rare_class, among the pixels of the labels. The score
// of a class that never occurred in training is not changed: its log pi_c, minus infinity, would make it win everywhere.

/// The tensor to subtract from logits [N,K,h,w]: float32 [1,K,1,1], or undefined for tau 0. class_pixels: [K]; if they are empty, because the
/// checkpoint has none, throws kConfiguration.
torch::Tensor logit_shift(double tau, const std::vector<std::int64_t>& class_pixels);

/// `logits` - `shift` on their device, in float32; the same tensor if `shift` is undefined. Up-sampling preserves a constant.
torch::Tensor shifted(const torch::Tensor& logits, const torch::Tensor& shift);

class Inference {
 public:
  /// `network`: the options from which the model was built. The model must outlive the object, which puts it into evaluation mode. The weights must
  /// not change: they are packed, or cast to the precision, once. Use and destroy the object in the thread that created it. class_pixels: [K] of the
  /// training, for eval.logit_adjustment; may be empty without it.
  Inference(Model& model, const ModelOptions& network, const EvalOptions& options, Compute compute, std::vector<std::int64_t> class_pixels = {});

  /// Logits [N,K,h,w] at the head's stride for u8 images [N,H,W,3]; neither averaged nor adjusted.
  torch::Tensor logits(const torch::Tensor& images) const;
  /// Labels u8 [N,h,w] of size `target`, on the network's device, like all results. Predicts one image at a time, so that none depends on the others.
  torch::Tensor predict(const torch::Tensor& images, Size target) const;
  /// From the logits() of one image: the result of predict() if plain().
  torch::Tensor labels_of(const torch::Tensor& logits, Size target) const;
  /// For one image u8 [1,H,W,3], from the same forward passes: the result of predict(), and its results with other logit adjustments.
  struct LabelsAtTaus {
    torch::Tensor labels;               // u8 [1,h,w]
    std::vector<torch::Tensor> at_tau;  // u8 [1,h,w], for each tau instead of eval.logit_adjustment
  };
  LabelsAtTaus predict_at_taus(const torch::Tensor& image, Size target, const std::vector<double>& taus) const;
  /// For one image u8 [1,H,W,3], from the same forward passes: the result of predict(), and the probability of class `train_id`.
  struct LabelsAndProbability {
    torch::Tensor labels;       // u8 [1,h,w]
    torch::Tensor probability;  // float32 [h,w], 0..1
  };
  LabelsAndProbability predict_with_probability(const torch::Tensor& image, Size target, std::int64_t train_id) const;
  /// Whether predict() is just the arg-max of the up-sampled logits(), adjusted or not.
  bool plain() const;

  bool align_corners() const { return align_corners_; }
  const torch::Device& device() const { return compute_.device; }

 private:
  /// The forward passes for one image u8 [1,H,W,3]: at every scale, optionally also mirrored and in windows.
  std::vector<View> views(const torch::Tensor& image) const;
  View view(const torch::Tensor& image, bool mirrored) const;
  torch::Tensor labels_of(const std::vector<View>& views, Size target) const;
  std::vector<View> adjusted(std::vector<View> views, const torch::Tensor& shift) const;
  bool windowed() const { return options_.window.height > 0 && options_.window.width > 0; }

  Model& model_;
  bool align_corners_;
  NetworkInput input_;
  EvalOptions options_;
  Compute compute_;
  PrecisionScope precision_;
  ManySizesScope many_sizes_;
  mutable std::optional<PackedConvs> packed_;  // if they help; filled by the first image
  std::vector<std::int64_t> class_pixels_;
  torch::Tensor shift_;  // see logit_shift
};

}  // namespace seg
