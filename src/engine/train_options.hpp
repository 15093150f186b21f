// Options of training: its length, precision, checkpoints and processes.
#pragma once

#include <cstdint>

#include "config/fields.hpp"
#include "device/compute.hpp"

namespace seg {

enum class BestBy { kMeanIou, kMeanAccuracy, kOverallAccuracy, kMeanPrecision, kMeanF1, kFrequencyWeightedIou };
enum class AllReduce { kFp32, kBf16 };
enum class GraphMode { kAuto, kOff };

inline constexpr config::Name<BestBy> kBestBy[] = {{BestBy::kMeanIou, "mean_iou"},
                                                   {BestBy::kMeanAccuracy, "mean_accuracy"},
                                                   {BestBy::kOverallAccuracy, "overall_accuracy"},
                                                   {BestBy::kMeanPrecision, "mean_precision"},
                                                   {BestBy::kMeanF1, "mean_f1"},
                                                   {BestBy::kFrequencyWeightedIou, "frequency_weighted_iou"}};
inline constexpr config::Name<AllReduce> kAllReduces[] = {{AllReduce::kFp32, "fp32"}, {AllReduce::kBf16, "bf16"}};
inline constexpr config::Name<GraphMode> kGraphModes[] = {{GraphMode::kAuto, "auto"}, {GraphMode::kOff, "off"}};

struct TrainOptions {
  std::int64_t iterations = 0;
  std::int64_t epochs = 0;
  std::int64_t batch_size = 8;
  std::int64_t accumulate = 1;
  Precision precision = Precision::kAuto;
  std::int64_t seed = 0;
  bool deterministic = false;
  GraphMode cuda_graph = GraphMode::kOff;
  double ema = 0.0;
  double clip_norm = 0.0;
  std::int64_t val_interval = 0;
  std::int64_t checkpoint_interval = 0;
  std::int64_t log_interval = 10;
  std::int64_t keep = 2;
  std::int64_t threads = 0;
  BestBy best = BestBy::kMeanIou;
  std::int64_t max_bad_steps = 10;
  double rank_timeout_s = 300.0;
  AllReduce allreduce = AllReduce::kFp32;

  void fields(config::Visitor& v) {
    v.field("iterations", iterations,
            {.help = "optimiser steps; 0: use train.epochs", .unit = "iterations", .min = 0, .max = 1e9, .instead_of = "epochs"});
    v.field("epochs", epochs,
            {.help = "passes over the training split, if train.iterations is 0", .unit = "epochs", .min = 0, .max = 1e6, .instead_of = "iterations"});
    v.field("batch_size", batch_size, {.help = "images in one forward pass", .unit = "images", .min = 1, .max = 4096});
    v.field("accumulate", accumulate,
            {.help = "forward passes per optimiser step; each counts recall and IoU separately", .unit = "passes", .min = 1, .max = 4096});
    v.choice("precision", precision, kPrecisions, {.help = "number format of convolutions; auto: bf16 where it is faster"});
    v.field("seed", seed, {.help = "random seed of initial weights, data order, augmentation and dropout", .min = 0, .max = 9007199254740992.0});
    v.field("deterministic", deterministic, {.help = "bit-identical results in every run on this machine, as far as LibTorch can"});
    v.choice("cuda_graph", cuda_graph, kGraphModes,
             {.help = "on CUDA: auto records a training step as a CUDA graph and replays it (not tested on a GPU yet)", .harmless = true});
    v.field("ema", ema, {.help = "decay of the averaged weights, which are evaluated and saved as best; 0: off", .min = 0, .max = 0.999999});
    v.field("clip_norm", clip_norm, {.help = "maximum gradient norm; 0: no clipping", .min = 0, .max = 1e9});
    v.field("val_interval", val_interval,
            {.help = "interval between validations; 0: one epoch", .unit = "iterations", .min = 0, .max = 1e9, .harmless = true});
    v.field("checkpoint_interval", checkpoint_interval,
            {.help = "interval between checkpoints; 0: at each validation", .unit = "iterations", .min = 0, .max = 1e9, .harmless = true});
    v.field("log_interval", log_interval, {.help = "interval between progress lines", .unit = "iterations", .min = 1, .max = 1e6, .harmless = true});
    v.field("keep", keep, {.help = "how many of the newest checkpoints are kept", .unit = "checkpoints", .min = 1, .max = 1e6, .harmless = true});
    v.field("threads", threads, {.help = "compute threads; 0: one per core, with a GPU at most 4", .unit = "threads", .min = 0, .max = 1024});
    v.choice("best", best, kBestBy, {.help = "validation score that selects the best checkpoint"});
    v.field("rank_timeout_s", rank_timeout_s,
            {.help = "with several processes: a process without a sign of life for this time ends the run",
             .unit = "seconds",
             .min = 1,
             .max = 1e6,
             .harmless = true});
    v.choice("allreduce", allreduce, kAllReduces, {.help = "number format of the gradients sent between processes; bf16: only between GPUs"});
    v.field("max_bad_steps", max_bad_steps,
            {.help = "consecutive steps with a non-finite loss or gradient after which the run stops",
             .unit = "steps",
             .min = 1,
             .max = 1e6,
             .harmless = true});
  }
};

}  // namespace seg
