#include "ops/cpu/batch_norm.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "ops/cpu/batch_norm_rows.hpp"

namespace seg::cpu {
namespace {

/// Pixels whose float32 sums are kept in registers before they are added up in double, in the blocks' order.
constexpr std::int64_t kBlockRows = 512;

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

  /// Calls work(block number, its rows, its offset in values) for all blocks; which thread has which changes nothing.
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

/// Two sums a channel, double [2,C]: sums(rows, first [C], second [C]) gives those of a block.
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

/// weight / deviation: what z = scale * (x - mean) + bias multiplies with.
torch::Tensor scale_of(const torch::Tensor& weight, const NormStatistics& statistics) { return weight * statistics.inverse_deviation; }

}  // namespace

NormStatistics batch_statistics(const torch::Tensor& x, const BatchNorm& norm, const Communicator& ranks) {
  const Features features{x, {}, {}, {}};
  const torch::Tensor sums = add_blocks(features, [](const auto& rows, double* sum, double* square) { sum_moments(rows, sum, square); });
  ranks.sum(sums);
  const auto count = static_cast<double>(features.pixels() * ranks.world_size());
  const torch::Tensor exact_mean = sums[0] / count;
  const torch::Tensor variance = (sums[1] / count - exact_mean * exact_mean).clamp_min(0.0);
  const torch::Tensor mean = exact_mean.to(torch::kFloat);
  torch::Tensor(norm.running_mean).lerp_(mean, norm.momentum);
  torch::Tensor(norm.running_variance).lerp_((variance * (count / (count - 1))).to(torch::kFloat), norm.momentum);
  return {mean, (variance + norm.eps).rsqrt().to(torch::kFloat)};
}

torch::Tensor batch_norm_forward(const torch::Tensor& x, const BatchNorm& norm, const NormStatistics& statistics, const AfterNorm& after) {
  const torch::Tensor scale = scale_of(norm.weight, statistics);
  const NormFactors factors{statistics.mean.data_ptr<float>(), scale.data_ptr<float>(), norm.bias.data_ptr<float>(), after.relu};
  torch::Tensor result = like(x);
  const Features features{x, after.residual, {}, {}};
  features.typed([&](auto value) {
    using Value = decltype(value);
    features.each_block<Value>([&](std::int64_t, const auto& rows, std::int64_t at) { normalize_rows(rows, factors, values<Value>(result) + at); });
  });
  return result;
}

// With g the gradient behind the ReLU, d = x - mean, s = 1 / deviation and n values a channel:
//   d weight = s sum(g d), d bias = sum(g), d x = weight s (g - mean(g) - d s^2 mean(g d)); the two means only in training.
NormGradients batch_norm_backward(const torch::Tensor& gradient, const NormSaved& saved, bool residual_wanted, const Communicator& ranks) {
  const torch::Tensor scale = scale_of(saved.weight, saved.statistics);
  const NormFactors factors{saved.statistics.mean.data_ptr<float>(), scale.data_ptr<float>(), saved.bias.data_ptr<float>(), saved.relu};
  const Features features{saved.x, {}, saved.output, gradient};
  const torch::Tensor sums =
      add_blocks(features, [&](const auto& rows, double* sum, double* product) { sum_gradient_moments(rows, factors, sum, product); });

  const torch::Tensor deviation = saved.statistics.inverse_deviation.to(torch::kDouble);
  // The means are those of all ranks; weight and bias get this part's gradient, like all parameters.
  torch::Tensor all = sums;
  if (ranks.several()) ranks.sum(all = sums.clone());
  const double share = saved.training ? 1.0 / static_cast<double>(features.pixels() * ranks.world_size()) : 0.0;
  const torch::Tensor product = (scale * deviation * deviation * all[1] * share).to(torch::kFloat);
  const torch::Tensor offset = (scale * all[0] * share).to(torch::kFloat);
  const NormGradientFactors spread{scale.data_ptr<float>(), product.data_ptr<float>(), offset.data_ptr<float>()};
  NormGradients result{like(saved.x), (deviation * sums[1]).to(torch::kFloat), sums[0].to(torch::kFloat), {}};
  if (residual_wanted) result.residual = like(saved.x);
  features.typed([&](auto value) {
    using Value = decltype(value);
    features.each_block<Value>([&](std::int64_t, const auto& rows, std::int64_t at) {
      spread_gradient(rows, factors, spread, values<Value>(result.x) + at, residual_wanted ? values<Value>(result.residual) + at : nullptr);
    });
  });
  return result;
}

}  // namespace seg::cpu
