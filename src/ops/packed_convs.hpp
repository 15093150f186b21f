// Convolutions for prediction on the CPU: weights do not change, so they are converted once to the layout of the products, with the batch norm after
// them folded in,
//
//   relu(conv(x, s weight) + bias - s mean),        s = norm weight / sqrt(running variance + eps)
//
// If a residual is added, batch norm remains a separate pass. Each convolution is computed like in conv2d() (conv.hpp), with oneDNN's packed weights
// if conv2d() would use LibTorch.
#pragma once

#include <torch/types.h>

#include <functional>
#include <map>
#include <utility>

#include "ops/batch_norm.hpp"
#include "ops/conv.hpp"
#include "ops/cpu/winograd.hpp"

namespace seg {

/// Weights are identified by their address: they must not change or be freed as long as this object exists, and each must always be used with the
/// same norm. For one thread at a time, without gradients.
class PackedConvs {
 public:
  /// Convolutions are computed in `type`, float32 or bfloat16.
  explicit PackedConvs(torch::ScalarType type) : type_(type) {}

  /// Whether it helps on this device: only on the CPU, in a type that it multiplies.
  static bool suits(torch::Device device, torch::ScalarType type);

  /// x: [N,C,H,W], weight: float32 [K,C,kernel,kernel] -> [N,K,H',W'] in the type, channels-last.
  torch::Tensor conv(const torch::Tensor& x, const torch::Tensor& weight, const ConvSteps& steps) { return run(x, weight, steps, nullptr, false); }
  /// The same, followed by the batch norm in evaluation mode.
  torch::Tensor conv_norm(const torch::Tensor& x, const torch::Tensor& weight, const ConvSteps& steps, const BatchNorm& norm, const AfterNorm& after);
  /// Weights of another shape that `make` computes from `weight`, only once.
  torch::Tensor derived(const torch::Tensor& weight, const std::function<torch::Tensor(const torch::Tensor&)>& make);

 private:
  struct Packed {
    torch::Tensor bias;  // folded; undefined without a norm
    cpu::WinogradFilters filters;
    torch::Tensor panels;      // see cpu::tap_panels
    torch::Tensor weight;      // folded and cast, if LibTorch cannot pack
    torch::IValue for_onednn;  // a packed convolution of LibTorch, including its ReLU
  };
  using Key = std::pair<const void*, std::int64_t>;  // address and number of the weights: a part of them may have the same address

  static Key key_of(const torch::Tensor& weight) { return {weight.data_ptr(), weight.numel()}; }
  torch::Tensor run(const torch::Tensor& x, const torch::Tensor& weight, const ConvSteps& steps, const BatchNorm* norm, bool relu);
  torch::Tensor run_by_torch(Packed& packed, const torch::Tensor& x, const std::function<torch::Tensor()>& weight, const ConvSteps& steps, bool relu);

  torch::ScalarType type_;
  std::map<Key, Packed> packed_;
  std::map<Key, torch::Tensor> derived_;
};

/// As long as it exists, `convs` computes the convolutions of this thread that need no gradient; null: no effect.
class PackedConvsScope {
 public:
  explicit PackedConvsScope(PackedConvs* convs);
  ~PackedConvsScope();
  PackedConvsScope(const PackedConvsScope&) = delete;
  PackedConvsScope& operator=(const PackedConvsScope&) = delete;

 private:
  PackedConvs* before_;
};

/// The PackedConvs of this thread, or null.
PackedConvs* packed_convs();

/// conv2d() and then batch_norm().
torch::Tensor conv_norm(const torch::Tensor& x, const torch::Tensor& weight, const ConvSteps& steps, const BatchNorm& norm, const AfterNorm& after,
                        bool training);

}  // namespace seg
