// What scores need of one image: its confusion and its pixels near boundaries, counted where the labels are.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "device/device_work.hpp"
#include "scores/scores.hpp"

namespace seg {

struct LabelCounts {
  ConfusionTable confusion;           // see Confusion::add
  std::vector<ClassPixels> boundary;  // [K], see BoundaryCounts; empty unless asked for
};

/// Counts that are made: at once by the host, or by kernels of a device, for which the host waits when it asks.
class LabelCounting {
 public:
  enum class Of { kConfusion, kAll };

  /// predicted, truth: uint8 [h,w] on one device, as Confusion::add takes them. Throws what that throws, on CUDA when it is asked.
  LabelCounting(const torch::Tensor& predicted, const torch::Tensor& truth, std::int64_t classes, Of of);

  LabelCounts get() const;

 private:
  void count_here(LabelCounts& counts) const;

  torch::Tensor predicted_, truth_;
  std::int64_t classes_;
  Of of_;
  LabelCounts counts_;  // on the CPU
  HostCopy copy_;       // from CUDA
};

/// From what label_counts gives; nothing where a label is none of the classes.
std::optional<LabelCounts> read_counts(const std::int64_t* counts, std::int64_t classes, LabelCounting::Of of);

}  // namespace seg
