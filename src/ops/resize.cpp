#include "ops/resize.hpp"

#include <torch/autograd.h>

#include "ops/bilinear_axis.hpp"
#include "ops/cuda/resize.hpp"
#include "ops/recorded.hpp"

namespace seg {
namespace {

/// [outputs,inputs] interpolation weights along one axis.
torch::Tensor weights(std::int64_t inputs, std::int64_t outputs, bool align_corners, const torch::TensorOptions& options) {
  const auto axis = bilinear_axis<double>(inputs, outputs, align_corners);
  torch::Tensor matrix = torch::zeros({outputs, inputs}, torch::kFloat64);
  auto entry = matrix.accessor<double, 2>();
  for (std::int64_t i = 0; i < outputs; ++i) {
    const auto at = static_cast<std::size_t>(i);
    entry[i][axis.low[at]] += 1.0 - axis.weight[at];
    entry[i][axis.high[at]] += axis.weight[at];
  }
  return matrix.to(options);
}

/// matrix [A,a] times each of the batch [B,a,c].
torch::Tensor times_each(const torch::Tensor& matrix, const torch::Tensor& batch) {
  return torch::bmm(matrix.unsqueeze(0).expand({batch.size(0), -1, -1}), batch);
}

/// On CUDA: nothing is kept for backward.
struct CudaResize : torch::autograd::Function<CudaResize> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x, std::int64_t height, std::int64_t width,
                               bool align_corners) {
    context->saved_data["size"] = std::vector<std::int64_t>{x.size(2), x.size(3)};
    context->saved_data["align_corners"] = align_corners;
    RecordedOp op("seg::resize", {x});
    torch::Tensor result = x;
    if constexpr (cuda::kBuilt) result = cuda::resize(x, height, width, align_corners);
    op.writes({result});
    return result;
  }

  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context, const torch::autograd::tensor_list& gradients) {
    const std::vector<std::int64_t> size = context->saved_data["size"].toIntVector();
    const bool align_corners = context->saved_data["align_corners"].toBool();
    RecordedOp op("seg::resize_backward", {gradients[0]});
    torch::Tensor result = gradients[0];
    if constexpr (cuda::kBuilt) result = cuda::resize_backward(gradients[0], size[0], size[1], align_corners);
    op.writes({result});
    return {result, {}, {}, {}};
  }
};

}  // namespace

torch::Tensor resize_features(const torch::Tensor& x, std::int64_t height, std::int64_t width, bool align_corners) {
  const std::int64_t n = x.size(0), c = x.size(1), h = x.size(2), w = x.size(3);
  if (h == height && w == width) return x;
  const bool has_kernel = cuda::takes(x) && (x.scalar_type() == torch::kFloat || x.scalar_type() == torch::kBFloat16);
  if (has_kernel) return CudaResize::apply(x, height, width, align_corners);
  const torch::Tensor rows = weights(h, height, align_corners, x.options());
  const torch::Tensor columns = weights(w, width, align_corners, x.options());
  const torch::Tensor widened = times_each(columns, x.permute({0, 2, 3, 1}).reshape({n * h, w, c}));
  const torch::Tensor resized = times_each(rows, widened.reshape({n, h, width * c}));
  return resized.reshape({n, height, width, c}).permute({0, 3, 1, 2});
}

}  // namespace seg
