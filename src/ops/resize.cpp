#include "ops/resize.hpp"

#include <torch/autograd.h>

#include "ops/bilinear_axis.hpp"
#include "ops/cuda/resize.hpp"
#include "ops/operators.hpp"

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

torch::Tensor resized_by_products(const torch::Tensor& x, std::int64_t height, std::int64_t width, bool align_corners) {
  const std::int64_t n = x.size(0), c = x.size(1), h = x.size(2), w = x.size(3);
  const torch::Tensor rows = weights(h, height, align_corners, x.options());
  const torch::Tensor columns = weights(w, width, align_corners, x.options());
  const torch::Tensor widened = times_each(columns, x.permute({0, 2, 3, 1}).reshape({n * h, w, c}));
  const torch::Tensor resized = times_each(rows, widened.reshape({n, h, width * c}));
  return resized.reshape({n, height, width, c}).permute({0, 3, 1, 2});
}

torch::Tensor resized_shape(const torch::Tensor& x, std::int64_t height, std::int64_t width, bool) {
  return torch::empty({x.size(0), x.size(1), height, width}, x.options(), at::MemoryFormat::ChannelsLast);
}

const auto& resize_operator() {
  static const auto found = find_operator<decltype(resized_by_products)>("seg::resize");
  return found;
}

/// Uses the kernels of the device; stores nothing for backward.
struct ResizeFunction : torch::autograd::Function<ResizeFunction> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x, std::int64_t height, std::int64_t width,
                               bool align_corners) {
    context->saved_data["size"] = std::vector<std::int64_t>{x.size(2), x.size(3)};
    context->saved_data["align_corners"] = align_corners;
    return call_below(resize_operator(), x, height, width, align_corners);
  }

  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context, const torch::autograd::tensor_list& gradients) {
    const std::vector<std::int64_t> size = context->saved_data["size"].toIntVector();
    static const auto found = find_operator<decltype(resized_by_products)>("seg::resize_backward");
    const BelowAutograd below;
    return {found.call(gradients[0], size[0], size[1], context->saved_data["align_corners"].toBool()), {}, {}, {}};
  }
};

torch::Tensor differentiable_resize(const torch::Tensor& x, std::int64_t height, std::int64_t width, bool align_corners) {
  return ResizeFunction::apply(x, height, width, align_corners);
}

TORCH_LIBRARY_FRAGMENT(seg, library) {
  define<decltype(resized_by_products)>(library, "resize(Tensor x, int height, int width, bool align_corners) -> Tensor",
                                        {.cuda = cuda::built<decltype(resized_by_products), cuda::resize>(),
                                         .meta = resized_shape,
                                         .autograd = differentiable_resize,
                                         .any = resized_by_products});
  define<decltype(resized_by_products)>(library, "resize_backward(Tensor gradient, int height, int width, bool align_corners) -> Tensor",
                                        {.cuda = cuda::built<decltype(resized_by_products), cuda::resize_backward>(), .meta = resized_shape});
}

}  // namespace

torch::Tensor resize_features(const torch::Tensor& x, std::int64_t height, std::int64_t width, bool align_corners) {
  if (x.size(2) == height && x.size(3) == width) return x;
  const bool known = x.scalar_type() == torch::kFloat || x.scalar_type() == torch::kBFloat16;
  return known ? resize_operator().call(x, height, width, align_corners) : resized_by_products(x, height, width, align_corners);
}

}  // namespace seg
