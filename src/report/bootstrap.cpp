#include "report/bootstrap.hpp"

#include <algorithm>
#include <cmath>

#include "base/random.hpp"

namespace seg {

namespace {

/// mean_accuracy and mean_iou as report/scores.hpp defines them; empty where no class takes part.
struct MeanPair {
  std::optional<double> accuracy;
  std::optional<double> iou;
};

/// `times[i]`: how often image i was drawn.
MeanPair means_of(const std::vector<ImageCounts>& images, const std::vector<std::int64_t>& times) {
  const std::size_t classes = images.front().truth.size();
  std::vector<std::int64_t> truth(classes, 0), predicted(classes, 0), both(classes, 0);
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (times[i] == 0) continue;
    for (std::size_t c = 0; c < classes; ++c) {
      truth[c] += times[i] * images[i].truth[c];
      predicted[c] += times[i] * images[i].predicted[c];
      both[c] += times[i] * images[i].both[c];
    }
  }
  double accuracy = 0.0, iou = 0.0;
  int with_truth = 0, somewhere = 0;
  for (std::size_t c = 0; c < classes; ++c) {
    const std::int64_t either = truth[c] + predicted[c] - both[c];
    if (truth[c] > 0) accuracy += static_cast<double>(both[c]) / static_cast<double>(truth[c]);
    if (either > 0) iou += static_cast<double>(both[c]) / static_cast<double>(either);
    with_truth += truth[c] > 0 ? 1 : 0;
    somewhere += either > 0 ? 1 : 0;
  }
  return {with_truth > 0 ? std::optional(accuracy / with_truth) : std::nullopt, somewhere > 0 ? std::optional(iou / somewhere) : std::nullopt};
}

/// Means over the pairs; empty where one of them is.
MeanPair difference_of(const std::vector<ImagePair>& pairs, const std::vector<std::int64_t>& times) {
  MeanPair sum{0.0, 0.0};
  const double count = static_cast<double>(pairs.size());
  const auto add = [count](std::optional<double>& total, std::optional<double> run, std::optional<double> baseline) {
    total = total && run && baseline ? std::optional(*total + (*run - *baseline) / count) : std::nullopt;
  };
  for (const ImagePair& pair : pairs) {
    const MeanPair run = means_of(*pair.run, times), baseline = means_of(*pair.baseline, times);
    add(sum.accuracy, run.accuracy, baseline.accuracy);
    add(sum.iou, run.iou, baseline.iou);
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
