// What happens to a training sample between the data set, which has made its size, and the batch.
//
// Geometry is that of data/resize.hpp. The pixels that are given are never written into: a cache may hold them.
#pragma once

#include <torch/types.h>

#include "base/classes.hpp"
#include "base/size.hpp"
#include "core/network_input.hpp"
#include "data/augment/augment_options.hpp"
#include "data/loader.hpp"

namespace seg {

/// What kAuto means for a network on `network`.
AugmentDevice resolve_augment_device(AugmentDevice asked, torch::Device network);

/// With `options.crop`: scale jitter, padding (the mean colour of `input`, labels 255), a random crop of `size`, drawn again at most ten times where
/// it holds less than Sample::wanted asks for; the last is taken. Then flip, colour jitter, blur; with kGpu these are drawn alike but left in
/// Sample::changes, to be made on the batch. `classes` resolves rare_classes. Labels may be empty; they have the image's size otherwise. Safe from
/// several threads: all chance comes from the seed. Throws kConfiguration for options that contradict each other or the classes.
SampleTransform training_transform(const AugmentOptions& options, Size size, const ClassTable& classes, const NetworkInput& input,
                                   AugmentDevice device = AugmentDevice::kCpu);

}  // namespace seg
