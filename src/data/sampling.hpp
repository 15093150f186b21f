// Which image a place of an epoch holds where rare classes are to be seen more often: rare class sampling.
//
//   f_c  = n_c / sum_k n_k                                   share of class c among the labelled training pixels
//   P(c) = exp((1 - f_c) / T) / sum_k exp((1 - f_k) / T)     how often a sample is drawn for class c
//
// (Hoyer, Dai and Van Gool: DAFormer, CVPR 2022, arXiv 2111.14887.) A class is drawn by P, then an image, uniformly among those that have enough of
// the class, then the crop, again and again until it holds enough of it (augment/transforms.hpp). The published code wants more than 3000 pixels of
// an image and half as many of a crop of 512x512; here one share, data.rare_class_share, serves both. A class that no image has enough of takes no
// part: its f_c counts in no sum of P.
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

/// One place of an epoch.
struct Draw {
  std::int64_t index;                      // of the data set
  std::uint64_t number;                    // what its transform is seeded by, with the run's seed and the epoch
  std::optional<WantedClass> wanted = {};  // what its crop should hold
};

class RareClassSampling {
 public:
  /// `crops`: training cuts crops of data.size; else whole frames are resized. An image has enough of a class with data.rare_class_share of the
  /// crop's pixels, or of the frame's where these are fewer, and with one pixel at least. Throws kData where no image has enough of any class.
  RareClassSampling(const LabelStatistics& statistics, const DataOptions& options, bool crops);

  /// What stands at `place` of an epoch; `seed` is a function of (run seed, epoch, place).
  Draw draw(std::uint64_t seed, std::int64_t place) const;

  const std::vector<double>& probabilities() const { return probabilities_; }       // [K] P(c); 0 for those left out
  const std::vector<std::vector<std::int64_t>>& images() const { return images_; }  // [K] indices of those with enough, rising
  const std::vector<std::int64_t>& label_pixels() const { return label_pixels_; }   // [K] n_c of the labels, not of the samples
  /// [K] shares of the labelled pixels to be expected in the frames that are drawn, before crops are cut out of them.
  const std::vector<double>& sampled_shares() const { return sampled_shares_; }
  /// Equal digests, equal draws: 32 hexadecimal digits.
  std::string digest() const;

 private:
  double share_;
  std::vector<std::int64_t> label_pixels_;
  std::vector<std::vector<std::int64_t>> images_;
  std::vector<double> probabilities_;
  std::vector<double> sampled_shares_;
};

/// Null for data.sampling: uniform. Throws as the constructor does.
std::shared_ptr<const RareClassSampling> make_sampling(const LabelStatistics& statistics, const DataOptions& options, bool crops);

}  // namespace seg
