#include "scores/bootstrap.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>
#include <string_view>

#include "base/random.hpp"

namespace seg {

namespace {

constexpr std::array<std::string_view, 2> kVideos = {"camvid", "synthia_seqs"};
constexpr std::int64_t kVideoBlock = 10;
constexpr const char* kDigits = "0123456789";

/// "val/0001TP_" of "val/0001TP_006690.png".
std::string sequence_of(const std::string& id) {
  const std::filesystem::path path(id);
  std::string stem = path.stem().string();
  if (const std::size_t last = stem.find_last_of(kDigits); last != std::string::npos) {
    const std::size_t before = stem.find_last_not_of(kDigits, last);
    stem.resize(before == std::string::npos ? 0 : before + 1);
  }
  return (path.parent_path() / stem).string();
}

using Counts = std::vector<ClassPixels>;  // [K]

/// The counts of each block.
std::vector<Counts> sums_of(const std::vector<ImageCounts>& images, const std::vector<std::vector<std::size_t>>& blocks) {
  std::vector<Counts> sums(blocks.size(), Counts(images.front().classes.size()));
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    for (const std::size_t image : blocks[b]) add(sums[b], images[image].classes);
  }
  return sums;
}

struct BlockPair {
  std::vector<Counts> run;
  std::vector<Counts> baseline;
  std::vector<std::vector<Counts>> curve;  // of the baseline, one list per tau; may be empty
};

/// The scores of a resample; `times[b]`: how often block b was drawn.
Scores resampled_scores(const std::vector<Counts>& blocks, const std::vector<std::int64_t>& times) {
  Counts sums(blocks.front().size());
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    if (times[b] > 0) add(sums, blocks[b], times[b]);
  }
  return scores_of(sums);
}

/// A mean is empty if no class takes part.
struct Means {
  std::optional<double> accuracy;
  std::optional<double> iou;
  std::optional<double> iou_over_curve;  // also empty if a pair has no curve
};

/// The mIoU on the baseline's curve at this mean accuracy.
std::optional<double> curve_iou(const BlockPair& pair, const std::vector<std::int64_t>& times, std::optional<double> accuracy) {
  if (!accuracy) return std::nullopt;
  std::vector<Scores> points;
  for (const std::vector<Counts>& blocks : pair.curve) points.push_back(resampled_scores(blocks, times));
  return iou_on_curve(points, *accuracy);
}

/// Means over the pairs; empty if the value of any pair is empty.
Means difference_of(const std::vector<BlockPair>& pairs, const std::vector<std::int64_t>& times) {
  Means sum{0.0, 0.0, 0.0};
  const double count = static_cast<double>(pairs.size());
  const auto add_to = [count](std::optional<double>& total, std::optional<double> run, std::optional<double> baseline) {
    total = total && run && baseline ? std::optional(*total + (*run - *baseline) / count) : std::nullopt;
  };
  for (const BlockPair& pair : pairs) {
    const Scores run = resampled_scores(pair.run, times), baseline = resampled_scores(pair.baseline, times);
    add_to(sum.accuracy, run.mean_accuracy, baseline.mean_accuracy);
    add_to(sum.iou, run.mean_iou, baseline.mean_iou);
    add_to(sum.iou_over_curve, run.mean_iou, curve_iou(pair, times, run.mean_accuracy));
  }
  return sum;
}

/// Interpolates linearly between the sorted values.
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

std::int64_t default_block(const std::string& dataset) {
  return std::find(kVideos.begin(), kVideos.end(), dataset) != kVideos.end() ? kVideoBlock : 1;
}

std::vector<std::vector<std::size_t>> frame_blocks(const std::vector<std::string>& ids, std::int64_t block) {
  std::map<std::string, std::vector<std::size_t>> sequences;
  for (std::size_t i = 0; i < ids.size(); ++i) sequences[sequence_of(ids[i])].push_back(i);
  std::vector<std::vector<std::size_t>> blocks;
  for (const auto& [name, frames] : sequences) {
    const std::size_t count = (frames.size() + static_cast<std::size_t>(block) - 1) / static_cast<std::size_t>(block);
    for (std::size_t b = 0; b < count; ++b) {
      const auto begin = frames.begin() + static_cast<std::ptrdiff_t>(b * frames.size() / count);
      const auto end = frames.begin() + static_cast<std::ptrdiff_t>((b + 1) * frames.size() / count);
      blocks.emplace_back(begin, end);
    }
  }
  std::sort(blocks.begin(), blocks.end());
  return blocks;
}

bool same_images(const std::vector<ImageCounts>& a, const std::vector<ImageCounts>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const ImageCounts& x, const ImageCounts& y) { return x.id == y.id; });
}

PairedDifference paired_bootstrap(const std::vector<ImagePair>& pairs, std::int64_t block, std::int64_t resamples, std::uint64_t seed) {
  if (pairs.empty() || pairs.front().run->empty()) return {};
  std::vector<std::string> ids;
  for (const ImageCounts& image : *pairs.front().run) ids.push_back(image.id);
  const auto blocks = frame_blocks(ids, block);
  std::vector<BlockPair> sums;
  sums.reserve(pairs.size());
  for (const ImagePair& pair : pairs) {
    BlockPair& of_pair = sums.emplace_back(BlockPair{sums_of(*pair.run, blocks), sums_of(*pair.baseline, blocks), {}});
    for (std::size_t t = 0; pair.curve != nullptr && t < pair.curve->taus.size(); ++t)
      of_pair.curve.push_back(sums_of(pair.curve->images[t], blocks));
  }

  const auto count = static_cast<std::int64_t>(blocks.size()), all_images = static_cast<std::int64_t>(ids.size());
  if (count < 2) return {static_cast<std::int64_t>(pairs.size()), all_images, count, {}, {}, {}};  // all draws would be the same
  std::vector<double> accuracies, ious, over_curve;
  for (std::int64_t resample = 0; resample < resamples; ++resample) {
    Random random(seed_of({seed, static_cast<std::uint64_t>(resample)}));
    std::vector<std::int64_t> times(blocks.size(), 0);
    for (std::int64_t draw = 0; draw < count; ++draw) ++times[static_cast<std::size_t>(random.below(count))];
    const Means difference = difference_of(sums, times);
    if (difference.accuracy) accuracies.push_back(*difference.accuracy);
    if (difference.iou) ious.push_back(*difference.iou);
    if (difference.iou_over_curve) over_curve.push_back(*difference.iou_over_curve);
  }
  const Means all = difference_of(sums, std::vector<std::int64_t>(blocks.size(), 1));
  return {static_cast<std::int64_t>(pairs.size()),
          all_images,
          count,
          interval(all.accuracy, std::move(accuracies)),
          interval(all.iou, std::move(ious)),
          interval(all.iou_over_curve, std::move(over_curve))};
}

}  // namespace seg
