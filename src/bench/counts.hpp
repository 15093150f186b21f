// Counts what work asks of LibTorch: the arithmetic of a network, and the bytes that operations move.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "ops/conv.hpp"

namespace seg {

/// Floating-point operations of convolutions and matrix products, 2 a multiply-add.
///
/// A convolution with output O and weights W of C_out channels costs 2 |O| |W| / C_out; its backward pass makes two products of
/// the same cost, of which the first layer needs one: nobody asks for the gradient of the images. What is not a product
/// (normalisation, activation, up-sampling, the loss) is not counted.
struct Flops {
  std::vector<double> products;  // floating-point operations of each, in the order of the forward pass

  double forward() const;
  /// Forward and backward; the first product is the one that takes the images.
  double training() const;
};

/// Runs `forward` and counts what this thread asks of LibTorch in it. Products inside a product are counted once.
Flops count_flops(const std::function<void()>& forward);

/// A convolution as a network asks for it, whatever then computes it.
struct Convolution {
  std::vector<std::int64_t> x, weight;  // [N,C,H,W], [K,C,kernel,kernel]
  ConvSteps steps;
  bool input_gradient = false;  // wanted: nobody asks for that of the images

  bool operator==(const Convolution&) const = default;
};

/// Those that this thread asks for in `forward`, in order.
std::vector<Convolution> observe_convolutions(const std::function<void()>& forward);

/// The bytes that operations read and write, as if each tensor went to memory and back: what a step would need were nothing kept in caches.
///
/// Of each operation that is not part of another one: the bytes of the tensors that it is given and gives. One that works in place reads and writes
/// them; one that gives a view of what it was given moves nothing. Runs `work` and counts what all threads ask of LibTorch meanwhile, and of our
/// kernels (ops/operators.hpp).
std::int64_t count_traffic(const std::function<void()>& work);

}  // namespace seg
