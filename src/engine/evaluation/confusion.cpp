#include "engine/evaluation/confusion.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/classes.hpp"
#include "base/error.hpp"

namespace seg {

namespace {

constexpr std::int64_t kValues = 256;

/// [label * 256 + predicted]. On the host for every device: bytes travel fast, and the count is exact and deterministic.
std::vector<std::int64_t> count_pairs(const torch::Tensor& predicted, const torch::Tensor& labels) {
  const torch::Tensor host_predicted = predicted.cpu().contiguous();
  const torch::Tensor host_labels = labels.cpu().contiguous();
  const std::uint8_t* p = host_predicted.data_ptr<std::uint8_t>();
  const std::uint8_t* y = host_labels.data_ptr<std::uint8_t>();
  std::vector<std::int64_t> pairs(kValues * kValues, 0);
  const std::int64_t pixels = host_labels.numel();
  for (std::int64_t i = 0; i < pixels; ++i) ++pairs[y[i] * kValues + p[i]];
  return pairs;
}

void check_range(const std::vector<std::int64_t>& pairs, std::int64_t classes) {
  for (std::int64_t truth = 0; truth < kIgnoreLabel; ++truth) {
    for (std::int64_t predicted = 0; predicted < kValues; ++predicted) {
      if (pairs[truth * kValues + predicted] == 0) continue;
      if (truth >= classes) {
        throw Error(ErrorKind::kData, "label " + std::to_string(truth) + " found, but there are " + std::to_string(classes) + " classes",
                    "labels are 0 .. " + std::to_string(classes - 1) + ", or 255 for ignored pixels; segdata check names the file");
      }
      if (predicted >= classes && predicted != kIgnoreLabel) {
        throw Error(ErrorKind::kInternal, "class " + std::to_string(predicted) + " predicted, but there are " + std::to_string(classes) + " classes");
      }
    }
  }
}

}  // namespace

Confusion::Confusion(std::int64_t classes) {
  if (classes < 1 || classes > kMaxClasses) throw Error(ErrorKind::kInternal, "a confusion matrix of " + std::to_string(classes) + " classes");
  table_.classes = classes;
  table_.counts.assign(static_cast<std::size_t>(classes * (classes + 1)), 0);
}

void Confusion::add(const torch::Tensor& predicted, const torch::Tensor& labels) {
  if (predicted.scalar_type() != torch::kUInt8 || labels.scalar_type() != torch::kUInt8 || predicted.sizes() != labels.sizes()) {
    throw Error(ErrorKind::kInternal, "predictions and labels must be uint8 tensors of one shape");
  }
  const std::vector<std::int64_t> pairs = count_pairs(predicted, labels);
  const std::int64_t classes = table_.classes;
  check_range(pairs, classes);
  for (std::int64_t truth = 0; truth < classes; ++truth) {
    const std::int64_t* from = pairs.data() + truth * kValues;
    std::int64_t* to = table_.counts.data() + truth * (classes + 1);
    std::transform(from, from + classes, to, to, std::plus<>());
    to[classes] += from[kIgnoreLabel];
  }
}

void Confusion::merge(const ConfusionTable& other) {
  if (other.classes != table_.classes) throw Error(ErrorKind::kInternal, "confusion matrices of different size");
  std::transform(other.counts.begin(), other.counts.end(), table_.counts.begin(), table_.counts.begin(), std::plus<>());
}

}  // namespace seg
