// The shapes on which the kernels of class_sums are held against the reference, on every device, and the loss whose gradient is compared.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <ostream>

#include "ops/class_sums.hpp"

namespace seg::test {

struct SumsShape {
  std::int64_t batch, classes, in_height, in_width, out_height, out_width;
};

inline std::ostream& operator<<(std::ostream& out, const SumsShape& s) {
  return out << s.batch << "x" << s.classes << " " << s.in_height << "x" << s.in_width << " to " << s.out_height << "x" << s.out_width;
}

inline constexpr SumsShape kSumsShapes[] = {{2, 5, 4, 6, 16, 24},    {1, 1, 3, 3, 7, 5}, {3, 7, 1, 1, 33, 9},
                                            {1, 19, 13, 17, 50, 66}, {2, 3, 9, 9, 9, 9}, {1, 4, 40, 30, 11, 7},
                                            {2, 255, 3, 2, 5, 8},    {1, 2, 5, 1, 1, 1}, {1, 12, 2, 50, 100, 3}};

/// uint8 [batch,out_height,out_width]; a fifth is ignored.
inline torch::Tensor random_labels(const SumsShape& s) {
  torch::Tensor labels = torch::randint(0, s.classes, {s.batch, s.out_height, s.out_width}).to(torch::kByte);
  return labels.masked_fill(torch::rand({s.batch, s.out_height, s.out_width}).lt(0.2), 255);
}

/// Of a loss, with respect to what is differentiable of ClassSums: float64 [K] each, the last two undefined where they were not asked for.
struct ClassSumsGradient {
  torch::Tensor cross_entropy;
  torch::Tensor probability = {};
  torch::Tensor true_probability = {};
};

/// d loss / d sums of loss_of(): another number for each class and sum.
inline ClassSumsGradient sums_gradient(std::int64_t classes, Regions regions) {
  ClassSumsGradient gradient{torch::linspace(0.5, 2.0, classes, torch::kDouble)};
  if (regions == Regions::kNo) return gradient;
  gradient.probability = torch::linspace(-1.0, 1.0, classes, torch::kDouble);
  gradient.true_probability = torch::linspace(2.0, -0.5, classes, torch::kDouble);
  return gradient;
}

/// A scalar with a gradient in every sum that is there.
inline torch::Tensor loss_of(const ClassSums& sums) {
  const auto device = sums.pixels.device();
  const bool regions = sums.probability.defined();
  const ClassSumsGradient gradient = sums_gradient(sums.pixels.size(0), regions ? Regions::kYes : Regions::kNo);
  const torch::Tensor loss = (sums.cross_entropy * gradient.cross_entropy.to(device)).sum();
  if (!regions) return loss;
  return loss + (sums.probability * gradient.probability.to(device) + sums.true_probability * gradient.true_probability.to(device)).sum();
}

}  // namespace seg::test
