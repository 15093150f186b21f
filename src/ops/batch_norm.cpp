#include "ops/batch_norm.hpp"

#include <ATen/ATen.h>
#include <torch/autograd.h>

#include <cmath>
#include <limits>
#include <sstream>

#include "base/error.hpp"
#include "ops/cpu/batch_norm.hpp"
#include "ops/cuda/batch_norm.hpp"
#include "ops/layout.hpp"
#include "ops/operators.hpp"
#include "ops/training_pass.hpp"

namespace seg {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;
using OptionalTensor = c10::optional<torch::Tensor>;

constexpr double kNoBound = std::numeric_limits<double>::infinity();

Communicator ranks_of_statistics() { return training_pass().whole_batch_statistics ? training_pass().ranks : Communicator(); }

/// The ranks that share their statistics, in the form in which autograd stores them for backward.
struct KeptRanks : torch::CustomClassHolder {
  explicit KeptRanks(Communicator given) : ranks(std::move(given)) {}
  Communicator ranks;
};

Communicator kept_ranks(AutogradContext& context) {
  const auto found = context.saved_data.find("ranks");
  return found == context.saved_data.end() ? Communicator() : c10::static_intrusive_pointer_cast<KeptRanks>(found->second.toCapsule())->ranks;
}

/// Number of values per channel, over all ranks.
double value_count(const torch::Tensor& x, const Communicator& ranks) {
  const std::int64_t own = x.numel() / x.size(1);
  return static_cast<double>(own * ranks.world_size());
}

torch::Tensor statistics_of_sums(const torch::Tensor& sums, double count, at::TensorList running, double momentum, double eps) {
  const torch::Tensor exact_mean = sums[0] / count;
  const torch::Tensor variance = (sums[1] / count - exact_mean * exact_mean).clamp_min(0.0);
  const torch::Tensor mean = exact_mean.to(torch::kFloat);
  running[0].lerp_(mean, momentum);
  running[1].lerp_((variance * (count / (count - 1))).to(torch::kFloat), momentum);
  return torch::stack({mean, (variance + eps).rsqrt().to(torch::kFloat)});
}

torch::Tensor batch_statistics(const torch::Tensor& x, at::TensorList running, double momentum, double eps, const Communicator& ranks) {
  static const auto sums_of = find_operator<decltype(cpu::batch_norm_sums)>("seg::batch_norm_sums");
  static const auto statistics = find_operator<decltype(statistics_of_sums)>("seg::batch_norm_statistics");
  const torch::Tensor sums = sums_of.call(x);
  ranks.sum(sums);
  return statistics.call(sums, value_count(x, ranks), running, momentum, eps);
}

/// The arguments of the kernels: weight, bias and statistics, and the ReLU's upper bound if there is one.
tensor_list with_bound(tensor_list norm, double upper) {
  if (std::isfinite(upper)) norm.push_back(torch::full({1}, upper, torch::kFloat));
  return norm;
}

struct BatchNormFunction : torch::autograd::Function<BatchNormFunction> {
  /// norm: weight, bias, running mean and running variance.
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                               const OptionalTensor& given, const BatchNorm& norm, bool relu, bool training, double upper) {
    static const auto apply_norm = find_operator<decltype(cpu::batch_norm_apply)>("seg::batch_norm_apply");
    const BelowAutograd below;
    const torch::Tensor input = channels_last(x);
    const Communicator ranks = ranks_of_statistics();
    const torch::Tensor statistics = training ? batch_statistics(input, {norm.running_mean, norm.running_variance}, norm.momentum, norm.eps, ranks)
                                              : torch::stack({norm.running_mean, (norm.running_variance + norm.eps).rsqrt()});
    if (training && ranks.several()) context->saved_data["ranks"] = torch::IValue::make_capsule(c10::make_intrusive<KeptRanks>(ranks));
    const OptionalTensor residual = given ? OptionalTensor(channels_last(*given)) : c10::nullopt;
    torch::Tensor output = apply_norm.call(input, with_bound({weight, bias, statistics}, upper), residual, relu);
    context->save_for_backward({input, weight, bias, statistics, relu && residual ? output : torch::Tensor()});
    context->saved_data["relu"] = relu;
    context->saved_data["upper"] = upper;
    context->saved_data["training"] = training;
    context->saved_data["residual"] = residual.has_value();
    return output;
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    static const auto gradient_sums = find_operator<decltype(cpu::batch_norm_gradient_sums)>("seg::batch_norm_gradient_sums");
    static const auto spread = find_operator<decltype(cpu::batch_norm_backward)>("seg::batch_norm_backward");
    const BelowAutograd below;
    const auto saved = context->get_saved_variables();
    const torch::Tensor &x = saved[0], gradient = channels_last(gradients[0]);
    const tensor_list norm = with_bound({saved[1], saved[2], saved[3]}, context->saved_data["upper"].toDouble());
    const OptionalTensor output = saved[4].defined() ? OptionalTensor(saved[4]) : c10::nullopt;
    const bool relu = context->saved_data["relu"].toBool(), with_residual = context->saved_data["residual"].toBool();
    const Communicator ranks = kept_ranks(*context);
    const double share = context->saved_data["training"].toBool() ? 1.0 / value_count(x, ranks) : 0.0;  // in evaluation the statistics are constants
    const tensor_list sums = gradient_sums.call(gradient, x, norm, output, relu, share);
    torch::Tensor means = sums[2];
    if (ranks.several()) {  // the means are over all ranks; weight and bias get the gradient of this part, like all parameters
      ranks.sum(sums[0]);
      means = (sums[0] * share).to(means.scalar_type());
    }
    const tensor_list spreads = spread.call(gradient, x, norm, output, relu, means, with_residual);
    return {spreads[0], sums[1][1], sums[1][0], with_residual ? spreads[1] : torch::Tensor(), {}, {}, {}, {}};
  }
};

torch::Tensor differentiable_batch_norm(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias, at::TensorList running,
                                        const OptionalTensor& residual, bool relu, bool training, double momentum, double eps, double upper) {
  const auto result = [&](double bound) {
    return BatchNormFunction::apply(x, weight, bias, residual, BatchNorm{weight, bias, running[0], running[1], momentum, eps}, relu, training, bound);
  };
  // Only the CPU kernels support a bound, and only without a residual.
  if ((x.is_cpu() || x.is_meta()) && !residual) return result(upper);
  const torch::Tensor unbounded = result(kNoBound);
  return relu && std::isfinite(upper) ? unbounded.clamp_max(upper) : unbounded;
}

torch::Tensor plain_batch_norm(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias, at::TensorList running,
                               const OptionalTensor& residual, bool relu, bool training, double momentum, double eps, double upper) {
  if (training && ranks_of_statistics().several())
    throw Error(ErrorKind::kConfiguration, "batch norm over several processes supports only float32 and bfloat16", "set model.batch_norm: local");
  return reference::batch_norm(x, {weight, bias, running[0], running[1], momentum, eps}, {residual ? *residual : torch::Tensor(), relu, upper},
                               training);
}

// Only shapes.

torch::Tensor sums_shape(const torch::Tensor& x) { return torch::empty({2, x.size(1)}, x.options().dtype(torch::kDouble)); }

torch::Tensor features_like(const torch::Tensor& x, at::TensorList, const OptionalTensor&, bool) {
  return torch::empty_like(x, x.options(), at::MemoryFormat::ChannelsLast);
}

tensor_list gradient_sums_shape(const torch::Tensor&, const torch::Tensor& x, at::TensorList, const OptionalTensor&, bool, double) {
  return {sums_shape(x), sums_shape(x).to(torch::kFloat), sums_shape(x)};
}

tensor_list gradients_like(const torch::Tensor&, const torch::Tensor& x, at::TensorList norm, const OptionalTensor&, bool, const torch::Tensor&,
                           bool with_residual) {
  return tensor_list(with_residual ? 2 : 1, features_like(x, norm, {}, false));
}

// Features are channels-last; norm: weight, bias, statistics, float32 [2,C]: mean and 1 / deviation, and, on the CPU, the ReLU's upper bound. The
// results of the two operators of sums are added up over the ranks.
TORCH_LIBRARY_FRAGMENT(seg, library) {
  // Composed of the others, if the device has kernels for them.
  define<decltype(plain_batch_norm)>(library,
                                     "batch_norm(Tensor x, Tensor weight, Tensor bias, Tensor(a!)[] running, Tensor? residual, bool relu, "
                                     "bool training, float momentum, float eps, float upper) -> Tensor",
                                     {.cpu = differentiable_batch_norm,
                                      .cuda = cuda::built<decltype(plain_batch_norm), differentiable_batch_norm>(),
                                      .meta = differentiable_batch_norm,
                                      .autograd = differentiable_batch_norm,
                                      .any = plain_batch_norm});
  // Sums of x and of its squares: float64 [2,C].
  define<decltype(sums_shape)>(library, "batch_norm_sums(Tensor x) -> Tensor",
                               {.cpu = cpu::batch_norm_sums, .cuda = cuda::built<decltype(sums_shape), cuda::batch_norm_sums>(), .meta = sums_shape});
  // Statistics from the sums over `count` values; updates the running statistics.
  define<decltype(statistics_of_sums)>(library,
                                       "batch_norm_statistics(Tensor sums, float count, Tensor(a!)[] running, float momentum, float eps) -> Tensor",
                                       {.cuda = cuda::built<decltype(statistics_of_sums), cuda::batch_norm_statistics>(), .any = statistics_of_sums});
  define<decltype(features_like)>(
      library, "batch_norm_apply(Tensor x, Tensor[] norm, Tensor? residual, bool relu) -> Tensor",
      {.cpu = cpu::batch_norm_apply, .cuda = cuda::built<decltype(features_like), cuda::batch_norm_apply>(), .meta = features_like});
  // With g the gradient of the ReLU's input and d = x - mean: sum(g) and sum(g d) / deviation, float64 [2,C]; the same in float32, the gradients of
  // bias and weight; and `share` times these. output: only if a residual was added; else the sign of the sum is computed from x.
  define<decltype(gradient_sums_shape)>(
      library, "batch_norm_gradient_sums(Tensor gradient, Tensor x, Tensor[] norm, Tensor? output, bool relu, float share) -> Tensor[]",
      {.cpu = cpu::batch_norm_gradient_sums,
       .cuda = cuda::built<decltype(gradient_sums_shape), cuda::batch_norm_gradient_sums>(),
       .meta = gradient_sums_shape});
  // Gradients of x and, if needed, of the residual. means: `share` times the sums of all ranks. d x = weight s (g - means_0 - d s means_1), s =
  // 1 / deviation.
  define<decltype(gradients_like)>(
      library,
      "batch_norm_backward(Tensor gradient, Tensor x, Tensor[] norm, Tensor? output, bool relu, Tensor means, bool with_residual) -> Tensor[]",
      {.cpu = cpu::batch_norm_backward, .cuda = cuda::built<decltype(gradients_like), cuda::batch_norm_backward>(), .meta = gradients_like});
}

void check(const torch::Tensor& x, const BatchNorm& norm, const AfterNorm& after, bool training) {
  const auto wrong = [&](const char* what, const torch::Tensor& tensor) {
    std::ostringstream text;
    text << "batch_norm: " << what << ", not " << tensor.scalar_type() << " " << tensor.sizes();
    return Error(ErrorKind::kInternal, text.str());
  };
  if (x.dim() != 4 || !x.is_floating_point() || x.numel() == 0) throw wrong("x must be floating point [N,C,H,W] with at least one value", x);
  for (const torch::Tensor& values : {norm.weight, norm.bias, norm.running_mean, norm.running_variance})
    if (values.dim() != 1 || values.size(0) != x.size(1)) throw wrong("weights and statistics must have one value per channel", values);
  if (after.residual.defined() && after.residual.sizes() != x.sizes()) throw wrong("the residual must have the shape of x", after.residual);
  if (training && x.numel() == x.size(1) && !ranks_of_statistics().several())
    throw Error(ErrorKind::kConfiguration, "batch norm gets only one value per channel in a batch of one image with 1x1 features",
                "raise train.batch_size or data.size");
}

/// Whether the kernels support the types: ATen handles mixed types (float32 features with a bfloat16 residual).
bool has_known_types(const torch::Tensor& x, const BatchNorm& norm, const AfterNorm& after) {
  return (x.scalar_type() == torch::kFloat || x.scalar_type() == torch::kBFloat16) && norm.weight.scalar_type() == torch::kFloat &&
         norm.running_mean.scalar_type() == torch::kFloat && (!after.residual.defined() || after.residual.scalar_type() == x.scalar_type());
}

}  // namespace

torch::Tensor reference::batch_norm(const torch::Tensor& x, const BatchNorm& norm, const AfterNorm& after, bool training) {
  torch::Tensor y = at::batch_norm(x, norm.weight, norm.bias, norm.running_mean, norm.running_variance, training, norm.momentum, norm.eps, true);
  if (after.residual.defined()) y = y + after.residual;
  if (after.relu) y = y.relu();
  return after.relu && std::isfinite(after.upper) ? y.clamp_max(after.upper) : y;
}

torch::Tensor batch_norm(const torch::Tensor& x, const BatchNorm& norm, const AfterNorm& after, bool training) {
  static const auto found = find_operator<decltype(plain_batch_norm)>("seg::batch_norm");
  check(x, norm, after, training);
  const OptionalTensor residual = after.residual.defined() ? OptionalTensor(after.residual) : c10::nullopt;
  const tensor_list running{norm.running_mean, norm.running_variance};
  const bool known = has_known_types(x, norm, after);
  return known ? found.call(x, norm.weight, norm.bias, running, residual, after.relu, training, norm.momentum, norm.eps, after.upper)
               : plain_batch_norm(x, norm.weight, norm.bias, running, residual, after.relu, training, norm.momentum, norm.eps, after.upper);
}

}  // namespace seg
