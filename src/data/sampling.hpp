// Rare class sampling: draws the images of an epoch so that rare classes occur more often.
//
//   f_c  = n_c / sum_k n_k                                   share of class c among the labelled training pixels
//   P(c) = exp((1 - f_c) / T) / sum_k exp((1 - f_k) / T)     probability that a sample is drawn for class c
//
// (Hoyer, Dai and Van Gool: DAFormer, CVPR 2022, arXiv 2111.14887.) First a class is drawn with probability P, then an image, uniformly among those
// with enough pixels of the class, then the crop, repeatedly until it contains enough of it (augment/transforms.hpp). The published code requires
// more than 3000 pixels in an image and half as many in a crop of 512x512; this code uses one share, data.rare_class_share, for both. A class without
// enough pixels in any image takes no part: its f_c is not in the sums of P.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/data_options.hpp"
#include "data/sample.hpp"
#include "data/statistics.hpp"

namespace seg {

/// The draw for one place of an epoch.
struct Draw {
  std::int64_t index;                      // in the data set
  std::uint64_t number;                    // seeds its transform, together with the run's seed and the epoch
  std::optional<WantedClass> wanted = {};  // what its crop should contain
};

class RareClassSampling {
 public:
  /// `crops`: training cuts crops of data.size; else whole frames are resized. An image has enough of a class if the class has at least one pixel and
  /// data.rare_class_share of the crop's pixels, or of the frame's if these are fewer. Throws kData if no image has enough of any class.
  RareClassSampling(const LabelStatistics& statistics, const DataOptions& options, bool crops);

  /// The draw for `place` of an epoch; `seed` is a function of (run seed, epoch, place).
  Draw draw(std::uint64_t seed, std::int64_t place) const;

  const std::vector<double>& probabilities() const { return probabilities_; }       // [K] P(c); 0 for classes that take no part
  const std::vector<std::vector<std::int64_t>>& images() const { return images_; }  // [K] indices of the images with enough pixels, ascending
  const std::vector<std::int64_t>& label_pixels() const { return label_pixels_; }   // [K] n_c of the labels, not of the samples
  /// [K] expected shares of the labelled pixels in the drawn frames, before cropping.
  const std::vector<double>& sampled_shares() const { return sampled_shares_; }
  /// 32 hexadecimal digits: equal digests mean equal draws.
  std::string digest() const;

 private:
  double share_;
  std::vector<std::int64_t> label_pixels_;
  std::vector<std::vector<std::int64_t>> images_;
  std::vector<double> probabilities_;
  std::vector<double> sampled_shares_;
};

/// Null for data.sampling: uniform. Throws like the constructor.
std::shared_ptr<const RareClassSampling> make_sampling(const LabelStatistics& statistics, const DataOptions& options, bool crops);

}  // namespace seg
