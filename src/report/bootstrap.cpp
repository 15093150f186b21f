#include "report/bootstrap.hpp"

#include <algorithm>
#include <cmath>

#include "base/random.hpp"

namespace seg {

namespace {

/// `times[i]`: how often image i was drawn.
Scores resampled_scores(const std::vector<ImageCounts>& images, const std::vector<std::int64_t>& times) {
  std::vector<ClassPixels> sums(images.front().classes.size());
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (times[i] == 0) continue;
    for (std::size_t c = 0; c < sums.size(); ++c) {
      const ClassPixels& pixels = images[i].classes[c];
      sums[c].truth += times[i] * pixels.truth;
      sums[c].predicted += times[i] * pixels.predicted;
      sums[c].both += times[i] * pixels.both;
    }
  }
  return scores_of(sums);
}

/// Empty where no class takes part.
struct MeanPair {
  std::optional<double> accuracy;
  std::optional<double> iou;
};

/// Means over the pairs; empty where one of them is.
MeanPair difference_of(const std::vector<ImagePair>& pairs, const std::vector<std::int64_t>& times) {
  MeanPair sum{0.0, 0.0};
  const double count = static_cast<double>(pairs.size());
  const auto add = [count](std::optional<double>& total, std::optional<double> run, std::optional<double> baseline) {
    total = total && run && baseline ? std::optional(*total + (*run - *baseline) / count) : std::nullopt;
  };
  for (const ImagePair& pair : pairs) {
    const Scores run = resampled_scores(*pair.run, times), baseline = resampled_scores(*pair.baseline, times);
    add(sum.accuracy, run.mean_accuracy, baseline.mean_accuracy);
    add(sum.iou, run.mean_iou, baseline.mean_iou);
  }
  return sum;
}

/// Between the sorted values, linearly.
double quantile(const std::vector<double>& sorted, double fraction) {
  const double place = fraction * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - std::floor(place)) * (sorted[above] - sorted[below]);
}

std::optional<IntervalDifference> interval(std::optional<double> value, std::vector<double> resampled) {
  if (!value || resampled.empty()) return std::nullopt;
  std::sort(resampled.begin(), resampled.end());
  return IntervalDifference{*value, quantile(resampled, 0.025), quantile(resampled, 0.975)};
}

}  // namespace

bool same_images(const std::vector<ImageCounts>& a, const std::vector<ImageCounts>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const ImageCounts& x, const ImageCounts& y) { return x.id == y.id; });
}

PairedDifference paired_bootstrap(const std::vector<ImagePair>& pairs, std::int64_t resamples, std::uint64_t seed) {
  if (pairs.empty() || pairs.front().run->empty()) return {};
  const std::size_t images = pairs.front().run->size();
  std::vector<double> accuracies, ious;
  for (std::int64_t resample = 0; resample < resamples; ++resample) {
    Random random(seed_of({seed, static_cast<std::uint64_t>(resample)}));
    std::vector<std::int64_t> times(images, 0);
    for (std::size_t i = 0; i < images; ++i) ++times[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(images)))];
    const MeanPair difference = difference_of(pairs, times);
    if (difference.accuracy) accuracies.push_back(*difference.accuracy);
    if (difference.iou) ious.push_back(*difference.iou);
  }
  const MeanPair all = difference_of(pairs, std::vector<std::int64_t>(images, 1));
  return {static_cast<std::int64_t>(pairs.size()), static_cast<std::int64_t>(images), interval(all.accuracy, std::move(accuracies)),
          interval(all.iou, std::move(ious))};
}

}  // namespace seg
