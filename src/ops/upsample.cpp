#include "ops/upsample.hpp"

#include <ATen/ATen.h>

#include "base/error.hpp"
#include "ops/bilinear_axis.hpp"
#include "ops/checks.hpp"
#include "ops/cpu/class_sums.hpp"

namespace seg {
namespace {

constexpr std::int64_t kBandRows = 64;

void check(const torch::Tensor& logits, std::int64_t height, std::int64_t width) {
  check_logits(logits);
  if (height < 1 || width < 1) throw Error(ErrorKind::kInternal, "cannot up-sample to " + std::to_string(height) + "x" + std::to_string(width));
}

}  // namespace

torch::Tensor upsample_logits(const torch::Tensor& logits, std::int64_t height, std::int64_t width, bool align_corners) {
  check(logits, height, width);
  const torch::Tensor scores = logits.scalar_type() == torch::kDouble ? logits : logits.to(torch::kFloat);
  if (scores.size(2) == height && scores.size(3) == width) return scores;
  return at::upsample_bilinear2d(scores, {height, width}, align_corners);
}

// Rows are mixed here and columns by LibTorch, so that only a band of full-size scores exists at a time.
torch::Tensor reference::predict_labels(const torch::Tensor& logits, std::int64_t height, std::int64_t width, bool align_corners) {
  const torch::NoGradGuard no_gradient;
  const BilinearAxis rows = bilinear_axis(logits.size(2), height, align_corners);
  const torch::Tensor low = torch::tensor(rows.low, torch::kLong).to(logits.device());
  const torch::Tensor high = torch::tensor(rows.high, torch::kLong).to(logits.device());
  const torch::Tensor weight = torch::tensor(rows.weight, torch::kFloat).to(logits.device()).view({1, 1, -1, 1});
  const torch::Tensor scores = logits.to(torch::kFloat);
  torch::Tensor result = torch::empty({logits.size(0), height, width}, logits.options().dtype(torch::kByte));
  for (std::int64_t row = 0; row < height; row += kBandRows) {
    const std::int64_t count = std::min(kBandRows, height - row);
    const torch::Tensor part = weight.narrow(2, row, count);
    const torch::Tensor above = scores.index_select(2, low.narrow(0, row, count)), below = scores.index_select(2, high.narrow(0, row, count));
    const torch::Tensor band = upsample_logits(above * (1 - part) + below * part, count, width, align_corners);
    result.narrow(1, row, count).copy_(band.argmax(1));
  }
  return result;
}

torch::Tensor predict_labels(const torch::Tensor& logits, std::int64_t height, std::int64_t width, bool align_corners) {
  check(logits, height, width);
  return logits.is_cpu() ? cpu::predict_labels(logits, height, width, align_corners)
                         : reference::predict_labels(logits, height, width, align_corners);
}

}  // namespace seg
