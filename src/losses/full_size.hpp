// Pixels at the labels' own size, for the losses that class_sums cannot express.
#pragma once

#include "losses/class_weighting/class_weighting.hpp"

namespace seg {

/// The M valid pixels of a batch; where the host runs ahead of the device, and may not wait for their number, all M of the batch.
struct TruePixels {
  torch::Tensor log_probability;  // [M] of the true class, differentiable
  torch::Tensor truth;            // int64 [M]
  torch::Tensor valid;            // bool [M]; undefined where all are
};

/// margins: [K], subtracted from the true class's score, or undefined; scale: factor on all scores after that.
TruePixels true_pixels(const Scored& batch, const torch::Tensor& margins = {}, double scale = 1.0);

/// Values [M] averaged with the class weights [K] of this batch (sum w_n v_n / normaliser, which is that of all ranks); 0 where the normaliser is.
/// `kept`: bool [M], which of the valid pixels count; undefined: all.
torch::Tensor weighted_mean(const torch::Tensor& values, const TruePixels& pixels, const torch::Tensor& kept, const torch::Tensor& weights,
                            Normalizer normalizer, const Communicator& ranks);

/// 0 with a zero gradient.
torch::Tensor zero_loss(const torch::Tensor& logits);

/// bool [K]: the classes that take part in a mean over "present" or "all" classes.
torch::Tensor taking_part(RegionClasses classes, const torch::Tensor& pixels);

}  // namespace seg
