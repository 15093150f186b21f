// Pixels at the labels' full size, for losses that class_sums cannot express.
#pragma once

#include "losses/class_weighting/class_weighting.hpp"

namespace seg {

/// All M pixels of a batch: selecting the valid ones would have to wait for the device to know their number.
struct TruePixels {
  torch::Tensor log_probability;  // [M] of the true class, differentiable
  torch::Tensor truth;            // int64 [M], 0 for ignored pixels
  torch::Tensor valid;            // bool [M]
};

/// margins: [K], subtracted from the true class's score, or undefined; scale: factor on all scores after that.
TruePixels true_pixels(const LossInput& batch, const torch::Tensor& margins = {}, double scale = 1.0);

/// The weighted mean of the values [M] of the `counted` pixels, bool [M], with the class weights [K] of this batch: sum w_n v_n / normaliser, where
/// the normaliser is that of all ranks; 0 if the normaliser is 0.
torch::Tensor weighted_mean(const torch::Tensor& values, const TruePixels& pixels, const torch::Tensor& counted, const torch::Tensor& weights,
                            Normalizer normalizer, const Communicator& ranks);

/// bool [K]: the classes that take part in a mean over "present" or "all" classes.
torch::Tensor taking_part(RegionClasses classes, const torch::Tensor& pixels);

}  // namespace seg
