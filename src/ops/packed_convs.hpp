// Convolutions for prediction on the CPU: weights do not change, so they are brought into the form that the products read once, the batch norm behind
// them folded in,
//
//   relu(conv(x, s weight) + bias - s mean),        s = norm weight / sqrt(running variance + eps)
//
// Where a residual is added, batch norm stays a pass of its own. Each convolution is computed as conv2d() computes it (conv.hpp), by oneDNN's packed
// weights where that leaves it to LibTorch.
#pragma once

#include <torch/types.h>

#include <functional>
#include <map>
#include <utility>

#include "ops/batch_norm.hpp"
#include "ops/conv.hpp"
#include "ops/cpu/winograd.hpp"

namespace seg {

/// Weights are known by where they lie: they must neither change nor go while it lives, and each is always asked for with the same norm. For one
/// thread at a time, without gradients.
class PackedConvs {
 public:
  /// Convolutions compute in `type`, float32 or bfloat16.
  explicit PackedConvs(torch::ScalarType type) : type_(type) {}

  /// Whether it is of use there: on the CPU, in a type that it multiplies.
  static bool suits(torch::Device device, torch::ScalarType type);

  /// x: [N,C,H,W], weight: float32 [K,C,kernel,kernel] -> [N,K,H',W'] in the type, channels-last.
  torch::Tensor conv(const torch::Tensor& x, const torch::Tensor& weight, const ConvSteps& steps) { return run(x, weight, steps, nullptr, false); }
  /// With the batch norm behind it, in evaluation.
  torch::Tensor conv_norm(const torch::Tensor& x, const torch::Tensor& weight, const ConvSteps& steps, const BatchNorm& norm, const AfterNorm& after);
  /// Weights of another shape that `make` makes from `weight`, made once.
  torch::Tensor derived(const torch::Tensor& weight, const std::function<torch::Tensor(const torch::Tensor&)>& make);

 private:
  struct Packed {
    torch::Tensor bias;  // folded; undefined without a norm
    cpu::WinogradFilters filters;
    torch::Tensor panels;      // see cpu::tap_panels
    torch::Tensor weight;      // folded and cast, where LibTorch cannot pack
    torch::IValue for_onednn;  // a packed convolution of LibTorch's, its ReLU included
  };
  using Key = std::pair<const void*, std::int64_t>;  // where the weights lie, and how many: one part of them may begin where they do

  static Key key_of(const torch::Tensor& weight) { return {weight.data_ptr(), weight.numel()}; }
  torch::Tensor run(const torch::Tensor& x, const torch::Tensor& weight, const ConvSteps& steps, const BatchNorm* norm, bool relu);
  torch::Tensor run_by_torch(Packed& packed, const torch::Tensor& x, const std::function<torch::Tensor()>& weight, const ConvSteps& steps, bool relu);

  torch::ScalarType type_;
  std::map<Key, Packed> packed_;
  std::map<Key, torch::Tensor> derived_;
};

/// While it lives, convolutions of this thread that need no gradient are computed by `convs`; null: as without it.
class PackedConvsScope {
 public:
  explicit PackedConvsScope(PackedConvs* convs);
  ~PackedConvsScope();
  PackedConvsScope(const PackedConvsScope&) = delete;
  PackedConvsScope& operator=(const PackedConvsScope&) = delete;

 private:
  PackedConvs* before_;
};

/// Those of this thread, or null.
PackedConvs* packed_convs();

/// conv2d() and then batch_norm().
torch::Tensor conv_norm(const torch::Tensor& x, const torch::Tensor& weight, const ConvSteps& steps, const BatchNorm& norm, const AfterNorm& after,
                        bool training);

}  // namespace seg
