#include "ops/class_sums.hpp"

#include <torch/autograd.h>

#include "ops/checks.hpp"
#include "ops/cpu/class_sums.hpp"

namespace seg {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

/// Saves logits and labels alone: backward recomputes the softmax.
struct ClassSumsFunction : torch::autograd::Function<ClassSumsFunction> {
  static tensor_list forward(AutogradContext* context, const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners) {
    const ClassSums sums = cpu::class_sums_forward(logits, labels, align_corners);
    context->save_for_backward({logits, labels});
    context->saved_data["align_corners"] = align_corners;
    context->mark_non_differentiable({sums.pixels, sums.false_negatives});
    return {sums.cross_entropy, sums.pixels, sums.false_negatives};
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    if (!gradients[0].defined()) return {torch::Tensor(), torch::Tensor(), torch::Tensor()};
    const auto saved = context->get_saved_variables();
    const bool align_corners = context->saved_data["align_corners"].toBool();
    return {cpu::class_sums_backward(gradients[0], saved[0], saved[1], align_corners), torch::Tensor(), torch::Tensor()};
  }
};

}  // namespace

ClassSums class_sums(const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners) {
  check_logits_and_labels(logits, labels);
  if (!logits.is_cpu() || logits.scalar_type() == torch::kDouble) return reference::class_sums(logits, labels, align_corners);
  const tensor_list sums = ClassSumsFunction::apply(logits, labels, align_corners);
  return {sums[0], sums[1], sums[2]};
}

}  // namespace seg
