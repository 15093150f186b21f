// `segbench train --step-file`: one training step that another program can repeat: weights, batch and the loss they give.
#pragma once

#include <filesystem>

#include "bench/setup.hpp"

namespace seg {

/// Writes a safetensors file:
///   model.NAME  parameters and buffers as initialised (float32; num_batches_tracked int64)
///   images      u8 [N,H,W,3] RGB, random
///   labels      u8 [N,H,W], train ids, random
/// and, as metadata strings: loss (of the first training step, computed in float32 with the configured dropout), loss_type,
/// recall_smoothing, normalizer, classes, mean, std (JSON arrays on the scale of normalize_scale, "0..255", in the order of
/// normalize_order), align_corners, output_stride, aspp_rates, backbone, arch, precision ("fp32"), dropout, auxiliary, versions.
/// Throws kStorage; kNonFinite where the loss is not finite.
void write_step_file(const BenchSource& source, const std::filesystem::path& path);

}  // namespace seg
