// Collectives between the GPUs of the ranks, over NCCL; only in programs built for CUDA.
#pragma once

#include <torch/types.h>

#include <functional>
#include <memory>
#include <vector>

#include "base/launch.hpp"

namespace c10d {
class Store;
}

namespace seg {

class GpuGroup {
 public:
  /// `store`: keys of its own. Throws kInternal in a program without CUDA, what LibTorch throws where there is no GPU.
  GpuGroup(const c10::intrusive_ptr<c10d::Store>& store, const Launch& launch, double timeout_s);
  ~GpuGroup();
  GpuGroup(const GpuGroup&) = delete;
  GpuGroup& operator=(const GpuGroup&) = delete;

  /// In place; what it gives makes the current stream wait for the sum, and the host for nothing.
  std::function<void()> start_sum(std::vector<torch::Tensor>& tensors) const;
  /// Rank 0's values, in place.
  void broadcast(std::vector<torch::Tensor>& tensors) const;

 private:
  struct Group;
  std::unique_ptr<Group> group_;
};

}  // namespace seg
