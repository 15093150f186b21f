// `segbench loss`: the recall loss from low-resolution logits, the kernel against plain LibTorch operations, and what it and iou_gap
// cost over cross entropy inside a training step.
#pragma once

#include "bench/setup.hpp"

namespace seg {

struct LossBench {
  BenchSource source;
  Repeats runs{.warmup = 2, .runs = 10};
  std::vector<std::int64_t> shape = {6, 19, 193, 193};  // of the logits: N, K, h, w
  Size size{769, 769};                                  // of the labels
};

/// Sections: "kernel" and "reference" (ms of forward and backward with up-sampling, bytes resident beyond the inputs), "ratio",
/// and "inside_a_step" (recall loss, iou_gap and cross entropy on the logits of the experiment's network, against a whole step).
BenchReport bench_loss(const LossBench& bench);

/// "6x19x193x193" to four numbers. Throws kConfiguration.
std::vector<std::int64_t> parse_shape(const std::string& text);

}  // namespace seg
