// Counts the work that is passed to LibTorch: the arithmetic of a network, and the bytes that operations move.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "ops/conv.hpp"

namespace seg {

/// Floating-point operations of convolutions and matrix products, 2 per multiply-add.
///
/// A convolution with output O and weights W of C_out channels costs 2 |O| |W| / C_out; its backward pass has two products of
/// the same cost, but the first layer needs only one, because the gradient of the images is not needed. Other operations
/// (normalisation, activation, up-sampling, the loss) are not counted.
struct Flops {
  std::vector<double> products;  // floating-point operations of each, in the order of the forward pass

  double forward() const;
  /// Forward and backward; the first product is that of the images.
  double training() const;
};

/// Runs `forward` and counts this thread's calls of LibTorch. Products inside a product are counted once.
Flops count_flops(const std::function<void()>& forward);

/// A convolution as the network calls it, independent of how it is computed.
struct Convolution {
  std::vector<std::int64_t> x, weight;  // [N,C,H,W], [K,C,kernel,kernel]
  ConvSteps steps;
  bool input_gradient = false;  // whether it is needed; that of the images is not

  bool operator==(const Convolution&) const = default;
};

/// The convolutions that this thread calls in `forward`, in order.
std::vector<Convolution> observe_convolutions(const std::function<void()>& forward);

/// The bytes that operations read and write, as if each tensor went to memory and back: the traffic of a step without caches.
///
/// For each operation that is not part of another one, it counts the bytes of the input and output tensors. In-place operations read and write
/// their tensors; operations that return a view of an input move nothing. Runs `work` and counts the calls of LibTorch and of our kernels
/// (ops/operators.hpp) from all threads.
std::int64_t count_traffic(const std::function<void()>& work);

}  // namespace seg
