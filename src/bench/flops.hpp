// Counts the arithmetic of a network: floating-point operations of its convolutions and matrix products, 2 a multiply-add.
//
// A convolution with output O and weights W of C_out channels costs 2 |O| |W| / C_out; its backward pass makes two products of
// the same cost, of which the first layer needs one: nobody asks for the gradient of the images. What is not a product
// (normalisation, activation, up-sampling, the loss) is not counted.
#pragma once

#include <functional>
#include <vector>

namespace seg {

struct Flops {
  std::vector<double> products;  // floating-point operations of each, in the order of the forward pass

  double forward() const;
  /// Forward and backward; the first product is the one that takes the images.
  double training() const;
};

/// Runs `forward` and counts what this thread asks of LibTorch in it. Products inside a product are counted once.
Flops count_flops(const std::function<void()>& forward);

}  // namespace seg
