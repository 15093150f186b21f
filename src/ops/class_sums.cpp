#include "ops/class_sums.hpp"

#include <torch/autograd.h>

#include "ops/checks.hpp"
#include "ops/cpu/class_sums.hpp"
#include "ops/cuda/class_sums.hpp"
#include "ops/recorded.hpp"

namespace seg {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

/// On the CPU backward recomputes the softmax; on CUDA forward leaves it a float a pixel.
struct Forward {
  ClassSums sums;
  torch::Tensor log_sums;  // undefined on the CPU
};

Forward forward(const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners, Regions regions) {
  RecordedOp op("seg::class_sums", {logits, labels});
  if constexpr (cuda::kBuilt) {
    if (logits.is_cuda()) {
      auto [sums, log_sums] = cuda::class_sums_forward(logits, labels, align_corners, regions);
      op.writes({log_sums});
      return {std::move(sums), std::move(log_sums)};
    }
  }
  return {cpu::class_sums_forward(logits, labels, align_corners, regions), {}};
}

torch::Tensor backward(const ClassSumsGradient& gradient, const torch::Tensor& logits, const torch::Tensor& labels, const torch::Tensor& log_sums,
                       bool align_corners) {
  RecordedOp op("seg::class_sums_backward", {logits, labels, log_sums});
  torch::Tensor result;
  if constexpr (cuda::kBuilt) {
    if (logits.is_cuda()) result = cuda::class_sums_backward(gradient, logits, labels, log_sums, align_corners);
  }
  if (!result.defined()) result = cpu::class_sums_backward(gradient, logits, labels, align_corners);
  op.writes({result});
  return result;
}

bool has_kernel(const torch::Tensor& logits) { return (logits.is_cpu() || cuda::takes(logits)) && logits.scalar_type() != torch::kDouble; }

struct ClassSumsFunction : torch::autograd::Function<ClassSumsFunction> {
  static tensor_list forward(AutogradContext* context, const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners,
                             Regions regions) {
    const auto [sums, log_sums] = seg::forward(logits, labels, align_corners, regions);
    context->save_for_backward({logits, labels, log_sums});
    context->saved_data["align_corners"] = align_corners;
    context->mark_non_differentiable({sums.pixels, sums.false_negatives, sums.predicted});
    tensor_list given{sums.cross_entropy, sums.pixels, sums.false_negatives, sums.predicted};
    if (regions == Regions::kYes) given.insert(given.end(), {sums.probability, sums.true_probability});
    return given;
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const torch::Tensor none;
    const auto saved = context->get_saved_variables();
    const bool align_corners = context->saved_data["align_corners"].toBool();
    ClassSumsGradient gradient{gradients[0]};  // defined, as all: autograd gives zeros for a sum that nothing was made of
    if (gradients.size() > 4) gradient = {gradients[0], gradients[4], gradients[5]};
    return {seg::backward(gradient, saved[0], saved[1], saved[2], align_corners), none, none, none};
  }
};

}  // namespace

ClassSums class_sums(const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners, Regions regions) {
  check_logits_and_labels(logits, labels);
  if (!has_kernel(logits)) return reference::class_sums(logits, labels, align_corners, regions);
  const tensor_list sums = ClassSumsFunction::apply(logits, labels, align_corners, regions);
  ClassSums result{sums[0], sums[1], sums[2], sums[3]};
  if (regions == Regions::kYes) result.probability = sums[4], result.true_probability = sums[5];
  return result;
}

}  // namespace seg
