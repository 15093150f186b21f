#include "ops/batch_norm.hpp"

#include <ATen/ATen.h>
#include <torch/autograd.h>

#include <sstream>

#include "base/error.hpp"
#include "ops/cpu/batch_norm.hpp"
#include "ops/cuda/batch_norm.hpp"
#include "ops/recorded.hpp"
#include "ops/training_pass.hpp"

namespace seg {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

torch::Tensor channels_last(const torch::Tensor& x) { return x.contiguous(at::MemoryFormat::ChannelsLast); }

/// The ranks whose parts share their statistics, as autograd keeps them for backward.
struct KeptRanks : torch::CustomClassHolder {
  explicit KeptRanks(Communicator given) : ranks(std::move(given)) {}
  Communicator ranks;
};

Communicator ranks_of_statistics() { return training_pass().whole_batch_statistics ? training_pass().ranks : Communicator(); }

Communicator kept_ranks(AutogradContext& context) {
  const auto found = context.saved_data.find("ranks");
  return found == context.saved_data.end() ? Communicator() : c10::static_intrusive_pointer_cast<KeptRanks>(found->second.toCapsule())->ranks;
}

NormStatistics running_statistics(const BatchNorm& norm) { return {norm.running_mean, (norm.running_variance + norm.eps).rsqrt()}; }

// The kernels of the device that x is on.

NormStatistics batch_statistics(const torch::Tensor& x, const BatchNorm& norm, const Communicator& ranks) {
  const RecordedOp op("seg::batch_norm_statistics", {x});
  if constexpr (cuda::kBuilt) {
    if (x.is_cuda()) return cuda::batch_statistics(x, norm, ranks);
  }
  return cpu::batch_statistics(x, norm, ranks);
}

torch::Tensor forward(const torch::Tensor& x, const BatchNorm& norm, const NormStatistics& statistics, const AfterNorm& after) {
  RecordedOp op("seg::batch_norm", {x, after.residual});
  torch::Tensor y;
  if constexpr (cuda::kBuilt) {
    if (x.is_cuda()) y = cuda::batch_norm_forward(x, norm, statistics, after);
  }
  if (!y.defined()) y = cpu::batch_norm_forward(x, norm, statistics, after);
  op.writes({y});
  return y;
}

NormGradients backward(const torch::Tensor& gradient, const NormSaved& saved, bool residual_wanted, const Communicator& ranks) {
  RecordedOp op("seg::batch_norm_backward", {gradient, saved.x, saved.output});
  NormGradients result;
  if constexpr (cuda::kBuilt) {
    if (gradient.is_cuda()) result = cuda::batch_norm_backward(gradient, saved, residual_wanted, ranks);
  }
  if (!result.x.defined()) result = cpu::batch_norm_backward(gradient, saved, residual_wanted, ranks);
  op.writes({result.x, result.residual});
  return result;
}

struct BatchNormFunction : torch::autograd::Function<BatchNormFunction> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                               const c10::optional<torch::Tensor>& given, const BatchNorm& norm, bool relu, bool training) {
    const torch::Tensor input = channels_last(x);
    const Communicator ranks = ranks_of_statistics();
    const NormStatistics statistics = training ? batch_statistics(input, norm, ranks) : running_statistics(norm);
    if (training && ranks.several()) context->saved_data["ranks"] = torch::IValue::make_capsule(c10::make_intrusive<KeptRanks>(ranks));
    const torch::Tensor residual = given ? channels_last(*given) : torch::Tensor();
    torch::Tensor output = seg::forward(input, norm, statistics, {residual, relu});
    const bool needs_output = relu && residual.defined();
    context->save_for_backward({input, weight, bias, needs_output ? output : torch::Tensor(), statistics.mean, statistics.inverse_deviation});
    context->saved_data["relu"] = relu;
    context->saved_data["training"] = training;
    context->saved_data["residual"] = residual.defined();
    return output;
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const auto saved = context->get_saved_variables();
    const NormGradients result = seg::backward(channels_last(gradients[0]),
                                               {saved[0],
                                                saved[1],
                                                saved[2],
                                                saved[3],
                                                {saved[4], saved[5]},
                                                context->saved_data["relu"].toBool(),
                                                context->saved_data["training"].toBool()},
                                               context->saved_data["residual"].toBool(), kept_ranks(*context));
    return {result.x, result.weight, result.bias, result.residual, {}, {}, {}};
  }
};

void check(const torch::Tensor& x, const BatchNorm& norm, const AfterNorm& after, bool training) {
  const auto wrong = [&](const char* what, const torch::Tensor& tensor) {
    std::ostringstream text;
    text << "batch_norm: " << what << ", not " << tensor.scalar_type() << " " << tensor.sizes();
    return Error(ErrorKind::kInternal, text.str());
  };
  if (x.dim() != 4 || !x.is_floating_point() || x.numel() == 0) throw wrong("x must be floating point [N,C,H,W] with a value at least", x);
  for (const torch::Tensor& values : {norm.weight, norm.bias, norm.running_mean, norm.running_variance})
    if (values.dim() != 1 || values.size(0) != x.size(1)) throw wrong("weights and statistics must have a value for each channel", values);
  if (after.residual.defined() && after.residual.sizes() != x.sizes()) throw wrong("the residual must have the shape of x", after.residual);
  if (training && x.numel() == x.size(1) && !ranks_of_statistics().several())
    throw Error(ErrorKind::kConfiguration, "batch norm has a single value per channel in a batch of one image with 1x1 features",
                "raise train.batch_size or data.size");
}

/// The kernel's types: half-way mixed ones (float32 features beside a bfloat16 residual) are left to ATen.
bool has_kernel(const torch::Tensor& x, const BatchNorm& norm, const AfterNorm& after) {
  const bool known = (x.scalar_type() == torch::kFloat || x.scalar_type() == torch::kBFloat16) && norm.weight.scalar_type() == torch::kFloat &&
                     norm.running_mean.scalar_type() == torch::kFloat;
  return (x.is_cpu() || cuda::takes(x)) && known && (!after.residual.defined() || after.residual.scalar_type() == x.scalar_type());
}

}  // namespace

torch::Tensor reference::batch_norm(const torch::Tensor& x, const BatchNorm& norm, const AfterNorm& after, bool training) {
  torch::Tensor y = at::batch_norm(x, norm.weight, norm.bias, norm.running_mean, norm.running_variance, training, norm.momentum, norm.eps, true);
  if (after.residual.defined()) y = y + after.residual;
  return after.relu ? y.relu() : y;
}

torch::Tensor batch_norm(const torch::Tensor& x, const BatchNorm& norm, const AfterNorm& after, bool training) {
  check(x, norm, after, training);
  if (!has_kernel(x, norm, after)) {
    if (training && ranks_of_statistics().several())
      throw Error(ErrorKind::kConfiguration, "batch norm over several processes is there for float32 and bfloat16 alone",
                  "set model.batch_norm: local");
    return reference::batch_norm(x, norm, after, training);
  }
  const auto residual = after.residual.defined() ? c10::optional<torch::Tensor>(after.residual) : c10::nullopt;
  return BatchNormFunction::apply(x, norm.weight, norm.bias, residual, norm, after.relu, training);
}

}  // namespace seg
