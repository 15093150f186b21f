// The benchmarks of `segbench`, one for each verb.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bench/setup.hpp"

namespace seg {

/// `segbench train`: speed of training, with data from the loader and with one batch that stays in memory.
struct TrainBench {
  BenchSource source;
  Repeats steps{.warmup = 3, .runs = 12};
  bool synthetic_only = false;
  std::filesystem::path profile = {};  // file for the slowest kernels, see bench/profile.hpp; empty: none
  std::int64_t largest_product = 0;    // largest matrices in the measurement of the device's best rate; 0: 4096, on CUDA 8192
};

/// Sections: "synthetic" and "end_to_end" (images/s, ms of a step and of its parts; ratio of end to end to synthetic), "arithmetic" (GFLOP per
/// image, achieved and best rate, their ratio), "traffic" (GB per step, achieved and best rate, their ratio: bench/counts.hpp), "memory". Synthetic
/// images/s are those of the median step, end-to-end images/s those of the whole time, because batches of a loader come in bursts, which a median
/// would hide. With several ranks, images/s are those of all ranks together, all other values those of this rank. "ranks" has the cost of
/// communication: waiting after backward (ms, and its share of a step), bytes per step, "sum_alone" (ms to sum the same gradients while nothing is
/// computed), "hidden" (1 - waiting / sum_alone, the share that overlaps with backward) and the peak memory of all ranks together. Throws kNonFinite
/// if the loss of a step is not finite.
BenchReport bench_train(const TrainBench& bench, const Communicator& ranks = {});

/// `segbench train --step-file`: one training step that another program can repeat: weights, batch and the loss they give.
/// Writes a safetensors file:
///   model.NAME  parameters and buffers as initialised (float32; num_batches_tracked int64)
///   images      u8 [N,H,W,3] RGB, random
///   labels      u8 [N,H,W], train ids, random
/// and, as metadata strings: loss (of the first training step, computed in float32 with the configured dropout), loss_type,
/// recall_smoothing, normalizer, classes, mean, std (JSON arrays on the scale of normalize_scale, "0..255", in the order of
/// normalize_order), align_corners, output_stride, aspp_rates, backbone, arch, precision ("fp32"), dropout, auxiliary, versions.
/// Throws kStorage; kNonFinite if the loss is not finite.
void write_step_file(const BenchSource& source, const std::filesystem::path& path);

/// `segbench loss`: the recall loss from low-resolution logits, the kernel compared with plain LibTorch operations, and the additional cost of
/// recall loss and iou_gap over cross entropy inside a training step.
struct LossBench {
  BenchSource source;
  Repeats runs{.warmup = 2, .runs = 10};
  std::vector<std::int64_t> shape = {6, 19, 193, 193};  // of the logits: N, K, h, w
  Size size{769, 769};                                  // of the labels
};

/// Sections: "kernel" and "reference" (ms of forward and backward with up-sampling, bytes resident beyond the inputs), "ratio",
/// and "inside_a_step" (recall loss, iou_gap and cross entropy on the logits of the experiment's network, compared with a whole step).
BenchReport bench_loss(const LossBench& bench);

/// "6x19x193x193" to four numbers. Throws kConfiguration.
std::vector<std::int64_t> parse_shape(const std::string& text);

/// `segbench data`: images per second from the loader, with each kind of cache, and the time for one image.
struct DataBench {
  BenchSource source;
  Repeats passes{.warmup = 1, .runs = 5};
  std::int64_t batches = 25;             // maximum per pass; the training split may have fewer
  std::vector<std::string> caches = {};  // of cache_kinds(); empty: all
};

/// Sections: "cache_none", "cache_memory", "cache_disk" (images/s of a pass over the same batches, all workers; the warm-up fills the
/// caches) and "one_image" (ms of decoding, augmentation and stacking on one thread, without a cache). Throws kConfiguration for an unknown cache.
BenchReport bench_data(const DataBench& bench);

/// The values of data.cache.
const std::vector<std::string>& cache_kinds();

/// `segbench eval`: images per second of evaluation, on the split on which results are reported and on images in memory.
struct EvalBench {
  BenchSource source;
  Repeats passes{.warmup = 1, .runs = 5};
  std::int64_t images = 64;  // maximum per pass; the split may have fewer
};

/// Sections: "split" (from files to counts, like segeval), "synthetic" (only prediction, of images of data.size in memory) and
/// "memory". The weights are the initial ones, because weights do not affect the time.
BenchReport bench_eval(const EvalBench& bench);

/// `segbench predict`: one drawn street scene of data.size at a time, from pixels to labels of its size, like segpredict.
struct PredictBench {
  BenchSource source;
  Repeats images{.warmup = 5, .runs = 50};
};

/// Sections: "milliseconds" (p50, p95, p99 of an image), "predict" (images/s), "arithmetic" (GFLOP per image) and "memory". The weights are the
/// initial ones, because weights do not affect the time.
BenchReport bench_predict(const PredictBench& bench);

/// `segbench conv`: each convolution of the network by itself.
struct ConvBench {
  BenchSource source;
  Repeats runs{.warmup = 1, .runs = 5};
  std::int64_t largest_product = 0;  // as in TrainBench
};

/// Sections: "convolutions", a line for each kind of convolution in a step: how often it occurs, GFLOP of its forward passes, GFLOP/s of forward (y),
/// of the gradient of the input (dx) and of the weights (dw), each with LibTorch contiguous (plain), with LibTorch channels-last (last) and as the
/// network computes it (ours), the ratio of its rate to the best rate, ms of all its passes in a step and their share of the step; "best" (GFLOP/s
/// of the best matrix product), and "step" (ms of a step, and of its convolutions in each variant). GFLOP are always those of the direct convolution,
/// whatever the algorithm.
BenchReport bench_conv(const ConvBench& bench);

}  // namespace seg
