// Sums gradients over all ranks in the background while backward still makes them.
//
// Parameters are put into buckets from the last to the first, the order in which backward reaches them. A bucket is one flat tensor and one message,
// sent when its last gradient is there; the gradients then live in it. (The scheme of PyTorch's DistributedDataParallel: Li et al., VLDB 2020.)
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "ranks/communicator.hpp"

namespace seg {

/// Bytes of a bucket, about: few messages, of which the last one, which nothing hides, is short.
inline constexpr std::int64_t kBucketBytes = 4 << 20;

/// The parameters of each message, in the order they are sent.
std::vector<std::vector<torch::Tensor>> gradient_buckets(const std::vector<torch::Tensor>& parameters);

class GradientSum {
 public:
  /// parameters: float32 leaves, the same on all ranks. `ranks`: a group that no other call uses. `type`: what travels, float32 or, between GPUs,
  /// bfloat16: half the bytes, and sums rounded to it.
  GradientSum(const std::vector<torch::Tensor>& parameters, Communicator ranks, torch::ScalarType type = torch::kFloat);
  ~GradientSum();
  GradientSum(const GradientSum&) = delete;
  GradientSum& operator=(const GradientSum&) = delete;

  /// Before the backward pass that completes the gradients.
  void begin();
  /// After it. Returns when all gradients are sums over all ranks; a parameter that got none keeps none. Gives the seconds that it waited.
  double finish();

 private:
  struct Bucket {
    std::vector<torch::Tensor> parameters;
    std::vector<torch::Tensor> views;  // of `values`, laid out like the parameters
    torch::Tensor values;
    torch::Tensor sent;  // `values` as they travel: themselves, or rounded
    std::size_t missing = 0;
    std::function<void()> wait;
  };
  class Hook;
  struct Hooked;

  void arrived(std::size_t bucket, std::size_t place);
  void send_complete();

  Communicator ranks_;
  torch::ScalarType type_;
  std::vector<Bucket> buckets_;  // in the order they are sent
  std::size_t sent_ = 0;
  bool active_ = false;
  std::vector<Hooked> hooks_;
};

}  // namespace seg
