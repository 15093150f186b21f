// Batches and builders that the tests of the losses share.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "losses/loss_registry.hpp"
#include "support/golden.hpp"
#include "support/naive_loss.hpp"

namespace seg::test {

inline LossContext context_of(std::int64_t classes, const torch::Device& device = torch::kCPU) {
  LossContext context{.device = device, .statistics = ClassStatistics{}};
  for (std::int64_t c = 0; c < classes; ++c) {
    context.class_names.push_back("class" + std::to_string(c));
    context.statistics->pixels.push_back(1000 * (c + 1) * (c + 1));
    context.statistics->images.push_back(4);
    context.statistics->pixels_of_images.push_back(4000 * classes * classes);
  }
  context.statistics->image_count = 4;
  return context;
}

inline LossOptions options_of(const std::string& type) {
  LossOptions options;
  options.type = type;
  options.ohem.min_kept = 5;
  options.ldam.scale = 2.0;
  return options;
}

struct Outcome {
  double value;
  double cross_entropy;
  torch::Tensor gradient;
};

inline LossInput input_of(const Loss& loss, const torch::Tensor& logits, const torch::Tensor& labels) {
  return {logits, labels, false, {}, loss.regions()};
}

inline LossResult computed(Loss& loss, const torch::Tensor& logits, const torch::Tensor& labels) {
  return loss.compute(input_of(loss, logits, labels));
}

inline Outcome outcome(Loss& loss, const torch::Tensor& logits, const torch::Tensor& labels) {
  torch::Tensor leaf = logits.detach().clone().requires_grad_(true);
  const LossInput batch = input_of(loss, leaf, labels);
  const torch::Tensor value = loss.compute(batch).value;
  value.backward();
  return {value.item<double>(), batch.mean_cross_entropy().item<double>(), leaf.grad()};
}

inline Outcome outcome(const LossOptions& options, const torch::Tensor& logits, const torch::Tensor& labels) {
  return outcome(*build_loss(options, context_of(logits.size(1))), logits, labels);
}

/// Labels 0 .. classes - 1 with every fifth pixel ignored.
inline torch::Tensor labels_of(std::int64_t classes, at::IntArrayRef size) {
  const torch::Tensor labels = torch::randint(0, classes, size).to(torch::kByte);
  return labels.masked_fill(torch::arange(labels.numel()).remainder(5).eq(4).view(size), 255);
}

/// Central differences of the float32 loss in every logit.
inline torch::Tensor finite_difference(const LossOptions& options, const torch::Tensor& logits, const torch::Tensor& labels, double step) {
  const std::unique_ptr<Loss> loss = build_loss(options, context_of(logits.size(1)));
  torch::Tensor gradient = torch::zeros_like(logits);
  for (std::int64_t i = 0; i < logits.numel(); ++i) {
    const auto value = [&](double by) {
      torch::Tensor moved = logits.detach().clone();
      moved.view(-1)[i] += by;
      return computed(*loss, moved, labels).value.item<double>();
    };
    gradient.view(-1)[i] = (value(step) - value(-step)) / (2 * step);
  }
  return gradient;
}

/// Scores for one image of 1 x M pixels from probabilities of two classes: score 0 is 0, score 1 is ln(p / (1 - p)).
inline torch::Tensor two_class_logits(const std::vector<double>& probability_of_1) {
  const torch::Tensor p = torch::tensor(probability_of_1, torch::kDouble);
  return torch::stack({torch::zeros_like(p), (p / (1 - p)).log()}).view({1, 2, 1, -1}).to(torch::kFloat);
}

/// int64 [K].
inline torch::Tensor counts(const std::vector<std::int64_t>& values) { return torch::tensor(values, torch::kLong); }

/// What a batch with these counts says of its classes; no pixel is predicted wrongly but the missed ones, which are of no class.
inline ClassSums sums_of(const std::vector<std::int64_t>& pixels, const std::vector<std::int64_t>& missed) {
  return {{}, counts(pixels), counts(missed), counts(pixels) - counts(missed)};
}

inline std::vector<double> values_of(const torch::Tensor& tensor) {
  const torch::Tensor host = tensor.to(torch::kDouble).contiguous();
  return {host.data_ptr<double>(), host.data_ptr<double>() + host.numel()};
}

inline torch::Tensor row_of_labels(const std::vector<std::int64_t>& labels) {
  return torch::tensor(labels, torch::kLong).to(torch::kByte).view({1, 1, -1});
}

}  // namespace seg::test
