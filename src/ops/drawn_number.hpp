// The numbers that layers draw for a step, to be hashed with places in the batch: on the device, so that the host need not wait.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace seg {

/// int64 [1] on `device`, another in each call: in a DrawScope from its seed, else from torch's default generator there.
torch::Tensor drawn_number(const torch::Device& device);

/// While it lives, what this thread draws follows from `seed`, int64 [1] on the device, and from the order of the calls. What is recorded meanwhile
/// draws by the seed that is there in each replay; LibTorch's generator, which a recording that failed may leave unusable (2.11), has no part in it.
class DrawScope {
 public:
  explicit DrawScope(torch::Tensor seed);
  ~DrawScope();
  DrawScope(const DrawScope&) = delete;
  DrawScope& operator=(const DrawScope&) = delete;

 private:
  friend torch::Tensor drawn_number(const torch::Device& device);

  torch::Tensor seed_;
  std::uint64_t drawn_ = 0;
  DrawScope* before_;
};

}  // namespace seg
