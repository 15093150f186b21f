// The memory layout of features for kernels.
#pragma once

#include <torch/types.h>

namespace seg {

/// x itself if it is channels-last, else a channels-last copy. x: [N,C,H,W].
inline torch::Tensor channels_last(const torch::Tensor& x) { return x.contiguous(at::MemoryFormat::ChannelsLast); }

}  // namespace seg
