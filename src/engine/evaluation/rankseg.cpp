#include "engine/evaluation/rankseg.hpp"

#include <ATen/ATen.h>

#include <limits>

namespace seg {

namespace {

/// What a class takes by itself, and what IoU each pixel is worth to it.
struct Claim {
  torch::Tensor wanted;  // bool [H W]
  torch::Tensor worth;   // float64 [H W]: what the IoU loses without a pixel that is wanted, gains with one that is not
};

Claim claim_of(const torch::Tensor& p) {
  const auto [sorted, order] = p.sort(/*dim=*/0, /*descending=*/true);
  const double all = p.sum().item<double>();
  const torch::Tensor sums = sorted.cumsum(0);
  const torch::Tensor taken = torch::arange(1, p.numel() + 1, p.options());
  const torch::Tensor iou = sums / (taken + all - sums);
  const std::int64_t best = iou.argmax().item<std::int64_t>();
  const double sum = sums[best].item<double>(), united = static_cast<double>(best + 1) + all - sum;
  Claim claim;
  claim.wanted = torch::zeros(p.sizes(), p.options().dtype(torch::kBool));
  claim.wanted.index_fill_(0, order.narrow(0, 0, best + 1), true);
  const torch::Tensor lost = sum / united - (sum - p) / (united - 1 + p);
  const torch::Tensor gained = (sum + p) / (united + 1 - p) - sum / united;
  claim.worth = torch::where(claim.wanted, lost, gained);
  return claim;
}

}  // namespace

torch::Tensor rankseg_labels(const torch::Tensor& probabilities) {
  const torch::Tensor flat = probabilities.flatten(1).to(torch::kDouble);
  const double never = -std::numeric_limits<double>::infinity();
  torch::Tensor claimed = torch::full_like(flat, never), unclaimed = torch::full_like(flat, never);
  bool any = false;
  for (std::int64_t c = 0; c < flat.size(0); ++c) {
    if (flat[c].max().item<double>() <= 0.5) continue;
    any = true;
    const Claim claim = claim_of(flat[c]);
    claimed[c].copy_(claim.worth.masked_fill(claim.wanted.logical_not(), never));
    unclaimed[c].copy_(claim.worth);
  }
  if (!any) return probabilities.argmax(0).to(torch::kByte);
  const torch::Tensor wanted = claimed.amax(0).gt(never);
  return torch::where(wanted, claimed.argmax(0), unclaimed.argmax(0)).to(torch::kByte).view({probabilities.size(1), probabilities.size(2)});
}

}  // namespace seg
