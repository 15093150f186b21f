#include "ops/resize.hpp"

#include <algorithm>
#include <cmath>

namespace seg {

namespace {

/// [outputs,inputs] interpolation weights along one axis.
torch::Tensor weights(std::int64_t inputs, std::int64_t outputs, bool align_corners, const torch::TensorOptions& options) {
  torch::Tensor matrix = torch::zeros({outputs, inputs}, torch::kFloat64);
  auto entry = matrix.accessor<double, 2>();
  const double in = static_cast<double>(inputs);
  const double out = static_cast<double>(outputs);
  for (std::int64_t i = 0; i < outputs; ++i) {
    const double at = static_cast<double>(i);
    const double source = align_corners ? (outputs > 1 ? at * (in - 1) / (out - 1) : 0.0) : std::max((at + 0.5) * in / out - 0.5, 0.0);
    const std::int64_t low = std::min(static_cast<std::int64_t>(std::floor(source)), inputs - 1);
    const double part = std::min(source - static_cast<double>(low), 1.0);
    entry[i][low] += 1.0 - part;
    entry[i][std::min(low + 1, inputs - 1)] += part;
  }
  return matrix.to(options);
}

/// matrix [A,a] times each of the batch [B,a,c].
torch::Tensor times_each(const torch::Tensor& matrix, const torch::Tensor& batch) {
  return torch::bmm(matrix.unsqueeze(0).expand({batch.size(0), -1, -1}), batch);
}

}  // namespace

torch::Tensor resize_features(const torch::Tensor& x, std::int64_t height, std::int64_t width, bool align_corners) {
  const std::int64_t n = x.size(0), c = x.size(1), h = x.size(2), w = x.size(3);
  if (h == height && w == width) return x;
  const torch::Tensor rows = weights(h, height, align_corners, x.options());
  const torch::Tensor columns = weights(w, width, align_corners, x.options());
  const torch::Tensor widened = times_each(columns, x.permute({0, 2, 3, 1}).reshape({n * h, w, c}));
  const torch::Tensor resized = times_each(rows, widened.reshape({n, h, width * c}));
  return resized.reshape({n, height, width, c}).permute({0, 3, 1, 2});
}

}  // namespace seg
