#include "ops/normalize.hpp"

#include "ops/cuda/normalize.hpp"
#include "ops/recorded.hpp"

namespace seg {

torch::Tensor normalize(const torch::Tensor& images, const NetworkInput& input, torch::ScalarType dtype) {
  check(input);
  TORCH_CHECK(images.dim() == 4 && images.size(3) == 3 && images.scalar_type() == torch::kUInt8, "normalize needs u8 [N,H,W,3], not ",
              images.scalar_type(), " ", images.sizes());
  if constexpr (cuda::kBuilt) {
    if (cuda::takes(images)) {
      RecordedOp op("seg::normalize", {images});
      torch::Tensor result = cuda::normalize(images, input, dtype);
      op.writes({result});
      return result;
    }
  }
  // (x - mean) / std = x * scale + offset. Both are repeated to a whole row of pixels, so that the innermost loop is long.
  const std::int64_t n = images.size(0);
  const std::int64_t height = images.size(1);
  const std::int64_t width = images.size(2);
  const torch::Tensor mean = torch::tensor(input.mean, torch::kFloat64);
  const torch::Tensor std = torch::tensor(input.std, torch::kFloat64);
  const auto as_row = [&](const torch::Tensor& channels) { return channels.to(torch::kFloat32).repeat({width}).to(images.device()); };
  const torch::Tensor ordered = input.order == ChannelOrder::kBgr ? images.flip(3) : images.contiguous();
  const torch::Tensor rows = ordered.view({n, height, width * 3}).to(torch::kFloat32);
  const torch::Tensor scaled = torch::addcmul(as_row(-mean / std), rows, as_row(1.0 / std));
  return scaled.to(dtype).view({n, height, width, 3}).permute({0, 3, 1, 2});
}

}  // namespace seg
