#include "ops/upsample.hpp"

#include <ATen/ATen.h>

#include "base/error.hpp"
#include "ops/bilinear_axis.hpp"
#include "ops/checks.hpp"
#include "ops/cpu/class_sums.hpp"
#include "ops/cuda/class_sums.hpp"
#include "ops/operators.hpp"
#include "ops/resize.hpp"

namespace seg {
namespace {

void check(const torch::Tensor& logits, std::int64_t height, std::int64_t width) {
  check_logits(logits);
  if (height < 1 || width < 1) throw Error(ErrorKind::kInternal, "cannot up-sample to " + std::to_string(height) + "x" + std::to_string(width));
}

torch::Tensor resized_by_torch(const torch::Tensor& scores, std::int64_t height, std::int64_t width, bool align_corners) {
  return at::upsample_bilinear2d(scores, {height, width}, align_corners);
}

torch::Tensor labels_shape(const torch::Tensor& logits, std::int64_t height, std::int64_t width, bool) {
  return torch::empty({logits.size(0), height, width}, logits.options().dtype(torch::kByte));
}

TORCH_LIBRARY_FRAGMENT(seg, library) {
  define<decltype(cpu::predict_labels)>(library, "predict_labels(Tensor logits, int height, int width, bool align_corners) -> Tensor",
                                        {.cpu = cpu::predict_labels,
                                         .cuda = cuda::built<decltype(cpu::predict_labels), cuda::predict_labels>(),
                                         .meta = labels_shape,
                                         .any = reference::predict_labels});
  // On CUDA it is the resize operator, which is differentiable.
  define<decltype(resized_by_torch)>(library, "upsample_logits(Tensor scores, int height, int width, bool align_corners) -> Tensor",
                                     {.any = resized_by_torch});
  if (auto* const on_cuda = cuda::built<decltype(resized_by_torch), resize_features>(); on_cuda != nullptr)
    for (const auto key : {c10::DispatchKey::CUDA, c10::DispatchKey::AutogradCUDA}) library.impl("upsample_logits", torch::dispatch(key, on_cuda));
}

}  // namespace

torch::Tensor upsample_logits(const torch::Tensor& logits, std::int64_t height, std::int64_t width, bool align_corners) {
  check(logits, height, width);
  torch::Tensor scores = logits.scalar_type() == torch::kDouble ? logits : logits.to(torch::kFloat);
  if (scores.size(2) == height && scores.size(3) == width) return scores;
  static const auto found = find_operator<decltype(resized_by_torch)>("seg::upsample_logits");
  return found.call(scores, height, width, align_corners);
}

Rows source_rows(const Rows& wanted, std::int64_t source_height, bool align_corners) {
  const auto rows = bilinear_axis(source_height, wanted.height, align_corners);
  const auto first = static_cast<std::size_t>(wanted.first);
  const std::int64_t low = rows.low[first];
  return {low, rows.high[first + static_cast<std::size_t>(wanted.count) - 1] - low + 1, source_height};
}

// This function interpolates rows and LibTorch columns, so that only a band of full-size scores exists at a time.
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
  static const auto found = find_operator<decltype(cpu::predict_labels)>("seg::predict_labels");
  const BelowAutograd below;
  return found.call(logits, height, width, align_corners);
}

}  // namespace seg
