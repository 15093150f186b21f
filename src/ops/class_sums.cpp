#include "ops/class_sums.hpp"

#include <torch/autograd.h>

#include "ops/checks.hpp"
#include "ops/cpu/class_sums.hpp"
#include "ops/cuda/class_sums.hpp"
#include "ops/operators.hpp"

namespace seg {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

/// The operator returns a list: the fields of ClassSums in order, the last two empty unless requested, and what backward needs besides the
/// arguments: on CUDA one float per pixel; on the CPU, which computes the softmax again, an empty tensor.
enum At : std::size_t { kCrossEntropy, kPixels, kFalseNegatives, kPredicted, kProbability, kTrueProbability, kLogSums };

// The shapes may be symbolic: torch.compile compiles a program for batches of any size.
tensor_list class_sums_shapes(const torch::Tensor& logits, const torch::Tensor&, bool, bool regions) {
  const auto sums = [&](torch::ScalarType type, bool wanted = true) {
    return at::empty_symint({wanted ? logits.sym_size(1) : c10::SymInt(0)}, logits.options().dtype(type));
  };
  return {sums(torch::kDouble),          sums(torch::kLong),        sums(torch::kLong), sums(torch::kLong), sums(torch::kDouble, regions),
          sums(torch::kDouble, regions), sums(torch::kFloat, false)};
}

torch::Tensor gradient_shape(at::TensorList, const torch::Tensor& logits, const torch::Tensor&, const torch::Tensor&, bool) {
  const auto size = [&](std::int64_t dimension) { return logits.sym_size(dimension); };
  return at::empty_symint({size(0), size(2), size(3), size(1)}, logits.options()).permute({0, 3, 1, 2});
}

tensor_list class_sums_by_reference(const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners, bool regions) {
  const ClassSums sums = reference::class_sums(logits, labels, align_corners, regions ? Regions::kYes : Regions::kNo);
  const torch::Tensor none = torch::empty({0}, sums.cross_entropy.options());
  return {sums.cross_entropy,
          sums.pixels,
          sums.false_negatives,
          sums.predicted,
          regions ? sums.probability : none,
          regions ? sums.true_probability : none,
          none};
}

/// Programs that call the operator by its name have not checked the labels.
tensor_list class_sums_on_cpu(const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners, bool regions) {
  check_logits_and_labels(logits, labels);
  const auto kernel = logits.scalar_type() == torch::kDouble ? class_sums_by_reference : cpu::class_sums;
  return kernel(logits, labels, align_corners, regions);
}

const auto& class_sums_operator() {
  static const auto found = find_operator<decltype(cpu::class_sums)>("seg::class_sums");
  return found;
}

struct ClassSumsFunction : torch::autograd::Function<ClassSumsFunction> {
  static tensor_list forward(AutogradContext* context, const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners, bool regions) {
    tensor_list sums = call_below(class_sums_operator(), logits, labels, align_corners, regions);
    context->save_for_backward({logits, labels, sums[kLogSums]});
    context->saved_data["align_corners"] = align_corners;
    context->mark_non_differentiable({sums[kPixels], sums[kFalseNegatives], sums[kPredicted], sums[kLogSums]});
    return sums;
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    static const auto found = find_operator<decltype(cpu::class_sums_backward)>("seg::class_sums_backward");
    const BelowAutograd below;
    const auto saved = context->get_saved_variables();
    // All are defined: autograd passes zeros for a sum that was not used.
    const tensor_list differentiable{gradients[kCrossEntropy], gradients[kProbability], gradients[kTrueProbability]};
    return {found.call(differentiable, saved[0], saved[1], saved[2], context->saved_data["align_corners"].toBool()), {}, {}, {}};
  }
};

tensor_list differentiable_class_sums(const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners, bool regions) {
  if (logits.scalar_type() == torch::kDouble) {
    check_logits_and_labels(logits, labels);
    return class_sums_by_reference(logits, labels, align_corners, regions);
  }
  return ClassSumsFunction::apply(logits, labels, align_corners, regions);
}

TORCH_LIBRARY_FRAGMENT(seg, library) {
  define<decltype(cpu::class_sums)>(library, "class_sums(Tensor logits, Tensor labels, bool align_corners, bool regions) -> Tensor[]",
                                    {.cpu = class_sums_on_cpu,
                                     .cuda = cuda::built<decltype(cpu::class_sums), cuda::class_sums>(),
                                     .meta = class_sums_shapes,
                                     .autograd = differentiable_class_sums,
                                     .plain_cuda = class_sums_by_reference});
  define<decltype(cpu::class_sums_backward)>(
      library, "class_sums_backward(Tensor[] gradients, Tensor logits, Tensor labels, Tensor log_sums, bool align_corners) -> Tensor",
      {.cpu = cpu::class_sums_backward,
       .cuda = cuda::built<decltype(cpu::class_sums_backward), cuda::class_sums_backward>(),
       .meta = gradient_shape});
}

}  // namespace

ClassSums class_sums(const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners, Regions regions) {
  check_shapes(logits, labels);
  const tensor_list sums = class_sums_operator().call(logits, labels, align_corners, regions == Regions::kYes);
  ClassSums result{sums[kCrossEntropy], sums[kPixels], sums[kFalseNegatives], sums[kPredicted]};
  if (regions == Regions::kYes) result.probability = sums[kProbability], result.true_probability = sums[kTrueProbability];
  return result;
}

}  // namespace seg
