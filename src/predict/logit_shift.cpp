#include "predict/logit_shift.hpp"

#include "base/error.hpp"
#include "core/log_prior.hpp"

namespace seg {

torch::Tensor logit_shift(double tau, const std::vector<std::int64_t>& class_pixels) {
  if (tau == 0.0) return {};
  if (class_pixels.empty())
    throw Error(ErrorKind::kConfiguration, "eval.logit_adjustment needs the class counts of the training, which the checkpoint does not hold",
                "checkpoints of this version on have them: train again");
  return (log_prior(class_pixels) * tau).to(torch::kFloat).view({1, -1, 1, 1});
}

torch::Tensor shifted(const torch::Tensor& logits, const torch::Tensor& shift) {
  return shift.defined() ? logits.to(torch::kFloat) - shift.to(logits.device()) : logits;
}

}  // namespace seg
