// Pixels at the labels' own size, for the losses that class_sums cannot express.
#pragma once

#include "losses/class_weighting/class_weighting.hpp"

namespace seg {

/// The M pixels of a batch: choosing the valid ones would have to wait for their number.
struct TruePixels {
  torch::Tensor log_probability;  // [M] of the true class, differentiable
  torch::Tensor truth;            // int64 [M], 0 where they are ignored
  torch::Tensor valid;            // bool [M]
};

/// margins: [K], subtracted from the true class's score, or undefined; scale: factor on all scores after that.
TruePixels true_pixels(const LossInput& batch, const torch::Tensor& margins = {}, double scale = 1.0);

/// Values [M] of the pixels that count, bool [M], averaged with the class weights [K] of this batch (sum w_n v_n / normaliser, which is that of all
/// ranks); 0 where the normaliser is.
torch::Tensor weighted_mean(const torch::Tensor& values, const TruePixels& pixels, const torch::Tensor& counted, const torch::Tensor& weights,
                            Normalizer normalizer, const Communicator& ranks);

/// bool [K]: the classes that take part in a mean over "present" or "all" classes.
torch::Tensor taking_part(RegionClasses classes, const torch::Tensor& pixels);

}  // namespace seg
