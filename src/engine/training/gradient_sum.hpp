// Sums gradients over all ranks in the background while the backward pass still computes others.
//
// Parameters are put into buckets from the last to the first, the order in which the backward pass reaches them. A bucket is one flat tensor and
// one message, sent when its last gradient is complete; the gradients are then views of it. (The scheme of PyTorch's DistributedDataParallel: Li et
// al., VLDB 2020.)
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "ranks/communicator.hpp"

namespace seg {

/// Approximate size of a bucket in bytes: large enough for few messages, small enough that the last one, which overlaps with nothing, is short.
inline constexpr std::int64_t kBucketBytes = 4 << 20;

/// The parameters of each message, in sending order.
std::vector<std::vector<torch::Tensor>> gradient_buckets(const std::vector<torch::Tensor>& parameters);

class GradientSum {
 public:
  /// parameters: float32 leaves, the same on all ranks. `ranks`: a group that no other call uses. `type`: number format of the messages, float32 or,
  /// between GPUs, bfloat16: half the bytes, and the sums are rounded to it.
  GradientSum(const std::vector<torch::Tensor>& parameters, Communicator ranks, torch::ScalarType type = torch::kFloat);
  ~GradientSum();
  GradientSum(const GradientSum&) = delete;
  GradientSum& operator=(const GradientSum&) = delete;

  /// Call before the backward pass that completes the gradients.
  void begin();
  /// Call after it. Waits until all gradients are sums over all ranks; a parameter without a gradient keeps none. Returns the seconds it waited.
  double finish();

 private:
  struct Bucket {
    std::vector<torch::Tensor> parameters;
    std::vector<torch::Tensor> views;  // of `values`, laid out like the parameters
    torch::Tensor values;
    torch::Tensor sent;  // the message: `values` themselves, or rounded
    std::size_t missing = 0;
    std::function<void()> wait;
  };
  class Hook;
  struct Hooked;

  void arrived(std::size_t bucket, std::size_t place);
  void send_complete();

  Communicator ranks_;
  torch::ScalarType type_;
  std::vector<Bucket> buckets_;  // in sending order
  std::size_t sent_ = 0;
  bool active_ = false;
  std::vector<Hooked> hooks_;
};

}  // namespace seg
