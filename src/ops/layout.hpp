// The layout of features that kernels take.
#pragma once

#include <torch/types.h>

namespace seg {

/// x itself where it is channels-last, else a copy that is. x: [N,C,H,W].
inline torch::Tensor channels_last(const torch::Tensor& x) { return x.contiguous(at::MemoryFormat::ChannelsLast); }

}  // namespace seg
