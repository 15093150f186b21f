#include "ops/upsample.hpp"

#include <ATen/ATen.h>

#include "base/error.hpp"
#include "ops/bilinear_axis.hpp"
#include "ops/checks.hpp"
#include "ops/cpu/class_sums.hpp"
#include "ops/cuda/class_sums.hpp"
#include "ops/recorded.hpp"
#include "ops/resize.hpp"

namespace seg {
namespace {

void check(const torch::Tensor& logits, std::int64_t height, std::int64_t width) {
  check_logits(logits);
  if (height < 1 || width < 1) throw Error(ErrorKind::kInternal, "cannot up-sample to " + std::to_string(height) + "x" + std::to_string(width));
}

}  // namespace

torch::Tensor upsample_logits(const torch::Tensor& logits, std::int64_t height, std::int64_t width, bool align_corners) {
  check(logits, height, width);
  torch::Tensor scores = logits.scalar_type() == torch::kDouble ? logits : logits.to(torch::kFloat);
  if (scores.size(2) == height && scores.size(3) == width) return scores;
  if (cuda::takes(scores)) return resize_features(scores, height, width, align_corners);
  return at::upsample_bilinear2d(scores, {height, width}, align_corners);
}

Rows source_rows(const Rows& wanted, std::int64_t source_height, bool align_corners) {
  const auto rows = bilinear_axis(source_height, wanted.height, align_corners);
  const auto first = static_cast<std::size_t>(wanted.first);
  const std::int64_t low = rows.low[first];
  return {low, rows.high[first + static_cast<std::size_t>(wanted.count) - 1] - low + 1, source_height};
}

// Rows are mixed here and columns by LibTorch, so that only a band of full-size scores exists at a time.
torch::Tensor upsample_rows(const torch::Tensor& scores, const Rows& given, const Rows& wanted, std::int64_t width, bool align_corners) {
  const auto axis = bilinear_axis(given.height, wanted.height, align_corners);
  const auto on_device = [&](const auto& values, torch::ScalarType type) {
    return torch::tensor(values, type).narrow(0, wanted.first, wanted.count).to(scores.device());
  };
  const torch::Tensor weight = on_device(axis.weight, torch::kFloat).view({1, 1, -1, 1});
  const torch::Tensor source = scores.to(torch::kFloat);
  const torch::Tensor above = source.index_select(2, on_device(axis.low, torch::kLong) - given.first);
  const torch::Tensor below = source.index_select(2, on_device(axis.high, torch::kLong) - given.first);
  return upsample_logits(above * (1 - weight) + below * weight, wanted.count, width, align_corners);
}

torch::Tensor reference::predict_labels(const torch::Tensor& logits, std::int64_t height, std::int64_t width, bool align_corners) {
  const torch::NoGradGuard no_gradient;
  torch::Tensor result = torch::empty({logits.size(0), height, width}, logits.options().dtype(torch::kByte));
  for (std::int64_t row = 0; row < height; row += kBandRows) {
    const Rows band{row, std::min(kBandRows, height - row), height};
    const torch::Tensor scores = upsample_rows(logits, {0, logits.size(2), logits.size(2)}, band, width, align_corners);
    result.narrow(1, row, band.count).copy_(scores.argmax(1));
  }
  return result;
}

torch::Tensor predict_labels(const torch::Tensor& logits, std::int64_t height, std::int64_t width, bool align_corners) {
  check(logits, height, width);
  RecordedOp op("seg::predict_labels", {logits});
  const auto labels = [&] {
    if (logits.is_cpu()) return cpu::predict_labels(logits, height, width, align_corners);
    if constexpr (cuda::kBuilt) {
      if (cuda::takes(logits) && logits.scalar_type() != torch::kDouble) return cuda::predict_labels(logits, height, width, align_corners);
    }
    return reference::predict_labels(logits, height, width, align_corners);
  };
  torch::Tensor result = labels();
  op.writes({result});
  return result;
}

}  // namespace seg
