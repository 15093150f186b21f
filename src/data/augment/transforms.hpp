// What happens to a sample between the file and the batch, in training and in evaluation.
//
// Geometry: sizes change with half-pixel centres, source = (target + 0.5) * source_size / target_size - 0.5, for the image
// (bilinear; area average where both sides shrink) and for the labels (the source pixel that holds that point), so both stay
// aligned and labels keep their values. A transform never writes into the pixels it was given: a cache may hold them.
#pragma once

#include <opencv2/core/mat.hpp>

#include "base/classes.hpp"
#include "base/random.hpp"
#include "base/size.hpp"
#include "data/augment/options.hpp"
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

/// With `options.crop`: scale jitter, padding (the mean colour, labels 255), a random crop of `size`. Without: the whole frame
/// resized to `size`, or at its own size where `size` is 0x0. Then flip, colour jitter, blur. `classes` resolves rare_classes.
/// Throws kConfiguration for options that contradict each other or the classes.
SampleTransform training_transform(const AugmentOptions& options, Size size, const ClassTable& classes);

/// What training_transform does first to every frame, so that it can be done while decoding and be kept; the transform finds its
/// work done then. 0x0 where frames are cropped or keep their size.
FrameSize training_frame(const AugmentOptions& options, Size size);

enum class EvaluationSize {
  kNative,        // image and labels as they are in the files
  kImageResized,  // image resized, labels at their own size: scores count at label size
  kBothResized,   // both resized: scores count at the network's input size
};

/// `size` is not used for kNative.
SampleTransform evaluation_transform(EvaluationSize mode, Size size);

/// The same of evaluation_transform.
FrameSize evaluation_frame(EvaluationSize mode, Size size);

/// CV_8UC3 in, CV_8UC3 out. Returns the same pixels where the size is right already.
cv::Mat resize_image(const cv::Mat& image, Size size);
/// CV_8UC1 in, CV_8UC1 out with no value that was not there before.
cv::Mat resize_labels(const cv::Mat& labels, Size size);

}  // namespace seg
