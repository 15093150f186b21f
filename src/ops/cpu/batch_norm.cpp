#include "ops/cpu/batch_norm.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/cpu/batch_norm_rows.hpp"

namespace seg::cpu {
namespace {

/// Pixels per block: their float32 sums are kept in registers and then added up in double, in the order of the blocks.
constexpr std::int64_t kBlockRows = 512;
constexpr float kNoBound = std::numeric_limits<float>::infinity();

template <class Value>
Value* values(const torch::Tensor& tensor) {
  return tensor.defined() ? static_cast<Value*>(tensor.data_ptr()) : nullptr;
}

/// The features of one call, in blocks of pixels.
struct Features {
  torch::Tensor x;
  torch::Tensor residual;
  torch::Tensor output;
  torch::Tensor gradient;

  std::int64_t channels() const { return x.size(1); }
  std::int64_t pixels() const { return x.numel() / channels(); }
  std::int64_t blocks() const { return (pixels() + kBlockRows - 1) / kBlockRows; }

  /// Calls work(block number, its rows, its offset in values) for all blocks; the assignment to threads has no effect on the result.
  template <class Value, class Work>
  void each_block(const Work& work) const {
    at::parallel_for(0, blocks(), 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t block = begin; block < end; ++block) {
        const std::int64_t first = block * kBlockRows;
        const std::int64_t at = first * channels();
        const auto part = [at](const torch::Tensor& tensor) -> const Value* { return tensor.defined() ? values<Value>(tensor) + at : nullptr; };
        work(block, NormRows<Value>{std::min(kBlockRows, pixels() - first), channels(), part(x), part(residual), part(output), part(gradient)}, at);
      }
    });
  }

  /// Calls with(Value{}) for the type of the features.
  template <class With>
  void typed(const With& with) const {
    if (x.scalar_type() == torch::kBFloat16)
      with(std::uint16_t{});
    else
      with(float{});
  }
};

/// Two sums per channel, double [2,C]: sums(rows, first [C], second [C]) computes those of a block.
template <class Sums>
torch::Tensor add_blocks(const Features& features, const Sums& sums) {
  const torch::Tensor parts = torch::empty({features.blocks(), 2, features.channels()}, torch::kDouble);
  features.typed([&](auto value) {
    features.template each_block<decltype(value)>([&](std::int64_t block, const auto& rows, std::int64_t) {
      double* first = parts.data_ptr<double>() + 2 * block * features.channels();
      sums(rows, first, first + features.channels());
    });
  });
  torch::Tensor total = torch::zeros({2, features.channels()}, torch::kDouble);
  auto* sum = total.data_ptr<double>();
  const auto* part = parts.data_ptr<double>();
  for (std::int64_t block = 0; block < features.blocks(); ++block)
    for (std::int64_t i = 0; i < total.numel(); ++i) sum[i] += *part++;
  return total;
}

torch::Tensor like(const torch::Tensor& x) { return torch::empty_like(x, x.options(), at::MemoryFormat::ChannelsLast); }

/// z = scale (x - mean) + bias, scale = weight / deviation. norm: weight, bias, statistics and, if there is one, the upper bound.
struct Affine {
  Affine(at::TensorList norm, bool relu)
      : scale(norm[0] * norm[2][1]),
        factors{norm[2].data_ptr<float>(), scale.data_ptr<float>(), norm[1].data_ptr<float>(), relu,
                norm.size() > 3 ? norm[3].item<float>() : kNoBound} {}

  torch::Tensor scale;
  NormFactors factors;
};

torch::Tensor or_undefined(const c10::optional<torch::Tensor>& given) { return given ? *given : torch::Tensor(); }

/// float64 [C].
torch::Tensor inverse_deviation(at::TensorList norm) { return norm[2][1].to(torch::kDouble); }

}  // namespace

torch::Tensor batch_norm_sums(const torch::Tensor& x) {
  return add_blocks({x, {}, {}, {}}, [](const auto& rows, double* sum, double* square) { sum_moments(rows, sum, square); });
}

torch::Tensor batch_norm_apply(const torch::Tensor& x, at::TensorList norm, const c10::optional<torch::Tensor>& residual, bool relu) {
  const Affine affine(norm, relu);
  torch::Tensor result = like(x);
  const Features features{x, or_undefined(residual), {}, {}};
  features.typed([&](auto value) {
    using Value = decltype(value);
    features.each_block<Value>(
        [&](std::int64_t, const auto& rows, std::int64_t at) { normalize_rows(rows, affine.factors, values<Value>(result) + at); });
  });
  return result;
}

std::vector<torch::Tensor> batch_norm_gradient_sums(const torch::Tensor& gradient, const torch::Tensor& x, at::TensorList norm,
                                                    const c10::optional<torch::Tensor>& output, bool relu, double share) {
  const Affine affine(norm, relu);
  const torch::Tensor sums = add_blocks({x, {}, or_undefined(output), gradient}, [&](const auto& rows, double* sum, double* product) {
    sum_gradient_moments(rows, affine.factors, sum, product);
  });
  sums[1].mul_(inverse_deviation(norm));
  return {sums, sums.to(torch::kFloat), sums * share};
}

std::vector<torch::Tensor> batch_norm_backward(const torch::Tensor& gradient, const torch::Tensor& x, at::TensorList norm,
                                               const c10::optional<torch::Tensor>& output, bool relu, const torch::Tensor& means,
                                               bool with_residual) {
  const Affine affine(norm, relu);
  const torch::Tensor product = (affine.scale * inverse_deviation(norm) * means[1]).to(torch::kFloat);
  const torch::Tensor offset = (affine.scale * means[0]).to(torch::kFloat);
  const NormGradientFactors spread{affine.scale.data_ptr<float>(), product.data_ptr<float>(), offset.data_ptr<float>()};
  std::vector<torch::Tensor> result{like(x)};
  if (with_residual) result.push_back(like(x));
  const Features features{x, {}, or_undefined(output), gradient};
  features.typed([&](auto value) {
    using Value = decltype(value);
    features.each_block<Value>([&](std::int64_t, const auto& rows, std::int64_t at) {
      spread_gradient(rows, affine.factors, spread, values<Value>(result[0]) + at, with_residual ? values<Value>(result[1]) + at : nullptr);
    });
  });
  return result;
}

}  // namespace seg::cpu
