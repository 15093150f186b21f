#include "ops/normalize.hpp"

#include "ops/cuda/normalize.hpp"
#include "ops/operators.hpp"

namespace seg {
namespace {

torch::Tensor normalized_by_torch(const torch::Tensor& images, at::ArrayRef<double> means, at::ArrayRef<double> deviations, bool bgr,
                                  torch::ScalarType dtype) {
  // (x - mean) / std = x * scale + offset. Both are repeated to a whole row of pixels, so that the innermost loop is long.
  const std::int64_t n = images.size(0);
  const std::int64_t height = images.size(1);
  const std::int64_t width = images.size(2);
  const torch::Tensor mean = torch::tensor(means, torch::kFloat64);
  const torch::Tensor std = torch::tensor(deviations, torch::kFloat64);
  const auto as_row = [&](const torch::Tensor& channels) { return channels.to(torch::kFloat32).repeat({width}).to(images.device()); };
  const torch::Tensor ordered = bgr ? images.flip(3) : images.contiguous();
  const torch::Tensor rows = ordered.view({n, height, width * 3}).to(torch::kFloat32);
  const torch::Tensor scaled = torch::addcmul(as_row(-mean / std), rows, as_row(1.0 / std));
  return scaled.to(dtype).view({n, height, width, 3}).permute({0, 3, 1, 2});
}

TORCH_LIBRARY_FRAGMENT(seg, library) {
  define<decltype(normalized_by_torch)>(library, "normalize(Tensor images, float[] means, float[] deviations, bool bgr, ScalarType dtype) -> Tensor",
                                        {.cuda = cuda::built<decltype(normalized_by_torch), cuda::normalize>(), .any = normalized_by_torch});
}

}  // namespace

torch::Tensor normalize(const torch::Tensor& images, const NetworkInput& input, torch::ScalarType dtype) {
  check(input);
  TORCH_CHECK(images.dim() == 4 && images.size(3) == 3 && images.scalar_type() == torch::kUInt8, "normalize needs u8 [N,H,W,3], not ",
              images.scalar_type(), " ", images.sizes());
  static const auto found = find_operator<decltype(normalized_by_torch)>("seg::normalize");
  const BelowAutograd below;
  return found.call(images, input.mean, input.std, input.order == ChannelOrder::kBgr, dtype);
}

}  // namespace seg
