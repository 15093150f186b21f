#include "models/heads/convolutional.hpp"

#include <algorithm>

namespace seg {

ConvolutionalHead add_classifier(torch::nn::Module& owner, std::int64_t inputs, std::int64_t classes) {
  return {add_conv_norm(owner, "classifier.1", "classifier.2", {inputs, inputs, 3}), add_conv(owner, "classifier.4", {inputs, classes}, true), 0.0};
}

ConvolutionalHead add_auxiliary(torch::nn::Module& owner, std::int64_t inputs, std::int64_t classes, double dropout) {
  const std::int64_t width = rounded_channels(static_cast<double>(inputs) / 4);
  return {add_conv_norm(owner, "aux_classifier.0", "aux_classifier.1", {inputs, width, 3}),
          add_conv(owner, "aux_classifier.4", {width, classes}, true), std::min(dropout, 0.1)};
}

}  // namespace seg
