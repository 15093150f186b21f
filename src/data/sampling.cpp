#include "data/sampling.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/random.hpp"
#include "config/format.hpp"

namespace seg {
namespace {

constexpr std::uint64_t kDrawSalt = 0x72617265;  // makes this seed differ from that of the transform

/// [K] indices of the images with enough of each class.
std::vector<std::vector<std::int64_t>> images_with_enough(const LabelStatistics& statistics, double share, std::int64_t crop_pixels) {
  std::vector<std::vector<std::int64_t>> images(statistics.pixels.size());
  for (std::size_t i = 0; i < statistics.by_image.size(); ++i) {
    const ImageLabels& image = statistics.by_image[i];
    const double whole = static_cast<double>(crop_pixels > 0 ? std::min(crop_pixels, image.pixels) : image.pixels);
    for (const LabelCount& one : image.counts)
      if (static_cast<double>(one.pixels) >= share * whole) images[one.label].push_back(static_cast<std::int64_t>(i));
  }
  return images;
}

/// P(c) over the classes with enough pixels in some image.
std::vector<double> class_probabilities(const std::vector<std::int64_t>& pixels, const std::vector<std::vector<std::int64_t>>& images,
                                        double temperature) {
  const auto all = static_cast<double>(std::accumulate(pixels.begin(), pixels.end(), std::int64_t{0}));
  const auto share_of = [&](std::size_t c) { return static_cast<double>(pixels[c]) / all; };
  double rarest = 1.0;  // subtracted from every exponent, so that the largest is 0
  for (std::size_t c = 0; c < pixels.size(); ++c)
    if (!images[c].empty()) rarest = std::min(rarest, share_of(c));
  std::vector<double> probabilities(pixels.size(), 0.0);
  for (std::size_t c = 0; c < pixels.size(); ++c)
    if (!images[c].empty()) probabilities[c] = std::exp((rarest - share_of(c)) / temperature);
  const double sum = std::accumulate(probabilities.begin(), probabilities.end(), 0.0);
  for (double& probability : probabilities) probability /= sum;
  return probabilities;
}

/// sum_i w_i n_ik / sum_i w_i sum_k n_ik, where w_i is how often image i is drawn.
std::vector<double> expected_shares(const LabelStatistics& statistics, const std::vector<std::vector<std::int64_t>>& images,
                                    const std::vector<double>& probabilities) {
  std::vector<double> often(statistics.by_image.size(), 0.0);
  for (std::size_t c = 0; c < images.size(); ++c)
    for (const std::int64_t i : images[c]) often[static_cast<std::size_t>(i)] += probabilities[c] / static_cast<double>(images[c].size());
  std::vector<double> shares(images.size(), 0.0);
  for (std::size_t i = 0; i < often.size(); ++i)
    for (const LabelCount& one : statistics.by_image[i].counts) shares[one.label] += often[i] * static_cast<double>(one.pixels);
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (double& share : shares) share /= sum;
  return shares;
}

}  // namespace

RareClassSampling::RareClassSampling(const LabelStatistics& statistics, const DataOptions& options, bool crops)
    : share_(options.rare_class_share),
      label_pixels_(statistics.pixels),
      images_(images_with_enough(statistics, share_, crops ? options.size.height * options.size.width : 0)) {
  if (std::ranges::all_of(images_, [](const auto& images) { return images.empty(); }))
    throw Error(ErrorKind::kData,
                "data.sampling: rare_class: no training image has enough pixels of any class: data.rare_class_share requires " +
                    config::format(share_) + " of " + (crops ? "a crop's " + to_string(options.size) : "a frame"),
                "lower data.rare_class_share (0: one pixel is enough); `segdata stats` counts the pixels of each class");
  probabilities_ = class_probabilities(label_pixels_, images_, options.rare_class_temperature);
  sampled_shares_ = expected_shares(statistics, images_, probabilities_);
}

Draw RareClassSampling::draw(std::uint64_t seed, std::int64_t place) const {
  Random random(seed_of({seed, kDrawSalt}));
  double left = random.uniform();
  std::size_t drawn = 0;
  for (std::size_t c = 0; c < probabilities_.size(); ++c) {
    if (probabilities_[c] <= 0.0) continue;
    drawn = c;  // after rounding, the rest beyond the last class belongs to the last class
    if (left < probabilities_[c]) break;
    left -= probabilities_[c];
  }
  const std::vector<std::int64_t>& images = images_[drawn];
  const std::int64_t index = images[static_cast<std::size_t>(random.below(std::ssize(images)))];
  return {index, static_cast<std::uint64_t>(place), WantedClass{static_cast<std::uint8_t>(drawn), share_}};
}

std::string RareClassSampling::digest() const {
  Digest digest;
  const auto add = [&](const auto& values) {
    const std::uint64_t count = values.size();
    digest.update(&count, sizeof count);
    digest.update(values.data(), count * sizeof values[0]);
  };
  add(probabilities_);
  for (const std::vector<std::int64_t>& images : images_) add(images);
  return digest.hex();
}

std::shared_ptr<const RareClassSampling> make_sampling(const LabelStatistics& statistics, const DataOptions& options, bool crops) {
  if (options.sampling == Sampling::kUniform) return nullptr;
  return std::make_shared<const RareClassSampling>(statistics, options, crops);
}

}  // namespace seg
