// What happens to a training sample between the data set, which has made its size, and the batch.
//
// Geometry is that of data/resize.hpp. A transform never writes into the pixels it was given: a cache may hold them.
#pragma once

#include <opencv2/core/mat.hpp>
#include <torch/types.h>

#include "base/classes.hpp"
#include "base/random.hpp"
#include "base/size.hpp"
#include "core/network_input.hpp"
#include "data/augment/augment_options.hpp"
#include "data/loader.hpp"
#include "data/sample.hpp"

namespace seg {

/// One random change of a sample. Stateless: safe from several threads; all chance comes from `random`.
class Transform {
 public:
  virtual ~Transform() = default;
  /// Labels may be empty; they have the image's size otherwise.
  virtual void apply(Sample& sample, Random& random) const = 0;
};

/// What kAuto means for a network on `network`.
AugmentDevice resolve_augment_device(AugmentDevice asked, torch::Device network);

/// With `options.crop`: scale jitter, padding (the mean colour of `input`, labels 255), a random crop of `size`. Then flip, colour jitter, blur; with
/// kGpu these are drawn alike but left in Sample::changes, to be made on the batch. `classes` resolves rare_classes. Throws kConfiguration for
/// options that contradict each other or the classes.
SampleTransform training_transform(const AugmentOptions& options, Size size, const ClassTable& classes, const NetworkInput& input,
                                   AugmentDevice device = AugmentDevice::kCpu);

}  // namespace seg
