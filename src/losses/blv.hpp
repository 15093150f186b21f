// Balancing logit variation (BLV: Wang et al., CVPR 2023): cross entropy of noisy scores, mean over the valid pixels.
//
//   z_nc + min(1, |e_nc|) (log N - log n_c) / max_k (log N - log n_k),   e_nc normal with standard deviation 4, drawn for each pixel and class
//
// n_c of the N training pixels have class c; a class with none has the noise of the rarest. The noise is a hash of its place at the labels' size
// and of a number drawn for each batch (see drawn_number.hpp), so a resumed run draws what an uninterrupted one does.
#pragma once

#include "losses/loss.hpp"

namespace seg {

/// The factor [K] of each class's noise, 0 to 1.
std::vector<double> blv_scales(const std::vector<std::int64_t>& pixels);

class BlvLoss : public Loss {
 public:
  BlvLoss(const LossOptions&, const LossContext& context);

  LossResult compute(const Scored& batch) override;

 private:
  torch::Tensor scale_;  // float32 [K]
};

}  // namespace seg
