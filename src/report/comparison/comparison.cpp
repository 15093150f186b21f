#include "report/comparison/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.hpp"
#include "report/comparison/labels.hpp"
#include "report/run/run_paths.hpp"

namespace seg {

namespace {

using nlohmann::ordered_json;

using Runs = std::vector<const RunResult*>;
/// Reads one score of one run.
using Score = std::function<std::optional<double>(const EvaluationReport&)>;

Spread spread_of(const Runs& runs, const Score& score) {
  std::vector<double> values;
  for (const RunResult* run : runs) {
    if (const auto value = score(run->evaluation)) values.push_back(*value);
  }
  return spread(values);
}

std::map<std::int64_t, Mean> by_seed(const Runs& runs, const Score& score) {
  std::map<std::int64_t, Mean> means;
  for (const RunResult* run : runs) means[run->run.seed].add(score(run->evaluation));
  return means;
}

Spread relative_change(const Runs& runs, const Runs& baseline, const Score& score) {
  std::map<std::int64_t, Mean> before = by_seed(baseline, score);
  std::vector<double> changes;
  for (const auto& [seed, mean] : by_seed(runs, score)) {
    const auto value = mean.value(), base = before[seed].value();
    if (value && base && *base > 0.0) changes.push_back(*value / *base - 1.0);
  }
  if (!changes.empty()) return spread(changes);
  const auto mean = spread_of(runs, score).mean;
  const auto base = spread_of(baseline, score).mean;
  return mean && base && *base > 0.0 ? Spread{*mean / *base - 1.0, std::nullopt} : Spread{};
}

void check_same(const RunResult& first, const RunResult& other) {
  const auto check = [&](bool same, const std::string& what, const std::string& a, const std::string& b, const std::string& hint) {
    if (same) return;
    throw Error(ErrorKind::kData,
                "runs of different " + what + ": " + first.run.directory.string() + " has " + a + ", " + other.run.directory.string() + " has " + b,
                hint);
  };
  check(first.evaluation.split == other.evaluation.split, "splits", "'" + first.evaluation.split + "'", "'" + other.evaluation.split + "'",
        "evaluate them on the same split: segeval --checkpoint " + RunPaths{"RUN"}.best().string() + " --split " + first.evaluation.split);
  check(first.run.dataset == other.run.dataset, "data sets", first.run.dataset, other.run.dataset, "compare runs of the same data set");
  check(first.evaluation.class_names == other.evaluation.class_names, "classes", std::to_string(first.evaluation.class_names.size()) + " classes",
        std::to_string(other.evaluation.class_names.size()) + " classes with other names", "compare runs with the same class table");
}

/// If two baselines are given, or a run has a tau curve, then the given baselines need a curve.
void check_curves(const std::vector<std::string>& baselines, const std::vector<RunResult>& runs) {
  const auto has_curve = [](const RunResult& run) { return !run.curve.taus.empty(); };
  if (baselines.size() < 2 && std::ranges::none_of(runs, has_curve)) return;
  for (const RunResult& run : runs) {
    if (has_curve(run) || std::ranges::find(baselines, run.run.label) == baselines.end()) continue;
    throw Error(ErrorKind::kData,
                "--baseline: " + run.run.directory.string() + ", of the loss '" + run.run.label + "', has no tau curve on " + run.evaluation.split,
                "segeval --checkpoint " + RunPaths{run.run.directory}.best().string() + " --split " + run.evaluation.split + " --tau-curve makes it");
  }
}

/// The losses of the baselines; cross entropy if none is given, whether or not it has runs or curves.
std::vector<std::string> find_baselines(const std::vector<std::string>& names, const std::vector<RunResult>& runs) {
  if (names.empty()) {
    const auto plain = std::ranges::find(runs, "ce", [](const RunResult& run) { return run.run.loss; });
    return {plain == runs.end() ? "ce" : plain->run.label};
  }
  if (names.size() > 2)
    throw Error(ErrorKind::kConfiguration, "--baseline is given " + std::to_string(names.size()) + " times", "give one or two losses");
  std::vector<std::string> losses;
  losses.reserve(names.size());
  for (const std::string& name : names) losses.push_back(run_named("--baseline", name, runs).label);
  if (losses.size() == 2 && losses.front() == losses.back())
    throw Error(ErrorKind::kConfiguration, "--baseline: '" + names.front() + "' and '" + names.back() + "' are one loss: '" + losses.front() + "'",
                "give two different losses, or one");
  check_curves(losses, runs);
  return losses;
}

/// The settings that differ, with the value of `other` in brackets: "flip true (false)". Empty if one of them has no settings.
std::string differing_settings(const ordered_json& settings, const ordered_json& other) {
  std::string text;
  if (settings.empty() || other.empty()) return text;
  for (const auto& [key, value] : settings.items()) {
    const ordered_json counterpart = other.value(key, ordered_json());
    if (value != counterpart) text += (text.empty() ? "" : ", ") + key + " " + value.dump() + " (" + counterpart.dump() + ")";
  }
  return text;
}

std::vector<std::string> find_notes(const std::vector<RunResult>& runs) {
  std::vector<std::string> notes;
  const RunResult& first = runs.front();
  std::map<std::pair<std::string, std::int64_t>, int> copies;
  for (const RunResult& run : runs) {
    const std::string name = run.run.directory.string();
    if (run.run.iterations != first.run.iterations) {
      notes.push_back(name + " was trained for " + std::to_string(run.run.iterations) + " iterations, " + first.run.directory.string() + " for " +
                      std::to_string(first.run.iterations));
    }
    if (run.evaluation.scores.pixels != first.evaluation.scores.pixels) notes.push_back(name + " was scored on a different number of pixels");
    if (const std::string settings = differing_settings(run.evaluation.eval, first.evaluation.eval); !settings.empty())
      notes.push_back((name + " was evaluated differently from ").append(first.run.directory.string()).append(": ").append(settings));
    if (!same_images(run.images, first.images))
      notes.push_back((name + " was not scored on the same images as ").append(first.run.directory.string()));
    if (++copies[{run.run.label, run.run.seed}] == 2)
      notes.push_back("several runs of " + run.run.label + " with seed " + std::to_string(run.run.seed));
  }
  return notes;
}

/// Pairs each run with the first run of the baseline that has its seed, if both were scored on the images of the first pair.
std::vector<ImagePair> image_pairs(const Runs& runs, const Runs& baseline) {
  std::vector<ImagePair> pairs;
  for (const RunResult* run : runs) {
    const auto partner = std::find_if(baseline.begin(), baseline.end(), [&](const RunResult* other) { return other->run.seed == run->run.seed; });
    if (partner == baseline.end() || run->images.empty() || !same_images(run->images, (*partner)->images)) continue;
    const TauCurve& curve = (*partner)->curve;
    const bool drawn = !curve.taus.empty() && same_images(curve.images.front(), run->images);
    if (pairs.empty() || same_images(run->images, *pairs.front().run)) pairs.push_back({&run->images, &(*partner)->images, drawn ? &curve : nullptr});
  }
  return pairs;
}

ConfusionTable summed(const Runs& runs) {
  ConfusionTable sum = runs.front()->evaluation.confusion;
  for (std::size_t i = 1; i < runs.size(); ++i) {
    for (std::size_t cell = 0; cell < sum.counts.size(); ++cell) sum.counts[cell] += runs[i]->evaluation.confusion.counts[cell];
  }
  return sum;
}

/// The mean over the runs at each tau; nothing unless all runs have the same taus.
std::vector<CurvePoint> mean_curve(const Runs& runs) {
  std::vector<CurvePoint> curve;
  for (const double tau : runs.front()->curve.taus) curve.push_back({tau, 0.0, 0.0});
  for (const RunResult* run : runs) {
    const std::vector<TauPoint> points = run->curve.points();
    if (run->curve.taus != runs.front()->curve.taus || points.size() != curve.size()) return {};
    for (std::size_t i = 0; i < curve.size(); ++i) {
      curve[i].mean_accuracy += points[i].scores.mean_accuracy.value_or(0.0) / static_cast<double>(runs.size());
      curve[i].mean_iou += points[i].scores.mean_iou.value_or(0.0) / static_cast<double>(runs.size());
    }
  }
  return curve;
}

/// `baselines`: the runs of each baseline.
LossGroup make_group(const std::string& loss, const Runs& runs, const std::vector<const Runs*>& baselines, std::int64_t block) {
  const Runs& baseline = *baselines.front();
  const auto field = [](std::optional<double> Scores::*member) { return [member](const EvaluationReport& report) { return report.scores.*member; }; };
  LossGroup group;
  group.loss = loss;
  for (const RunResult* run : runs) group.seeds.push_back(run->run.seed);
  for (const NamedSpread& one : kMainSpreads) group.*one.spread = spread_of(runs, field(one.score));
  for (const NamedSpread& one : kFineSpreads) group.*one.spread = spread_of(runs, field(one.score));
  if (&runs != &baseline) {
    group.accuracy_change = relative_change(runs, baseline, field(&Scores::mean_accuracy));
    group.iou_change = relative_change(runs, baseline, field(&Scores::mean_iou));
    group.difference = paired_bootstrap(image_pairs(runs, baseline), block);
  }
  group.over_curves.push_back(group.difference.iou_over_curve);
  if (baselines.size() > 1)
    group.over_curves.push_back(&runs == baselines[1] ? std::nullopt : paired_bootstrap(image_pairs(runs, *baselines[1]), block).iou_over_curve);
  group.confusion = summed(runs);
  group.curve = mean_curve(runs);
  for (std::size_t c = 0; c < runs.front()->evaluation.class_names.size(); ++c) {
    const auto of_class = [c](std::optional<double> ClassScores::*member) {
      return [c, member](const EvaluationReport& report) { return report.scores.classes[c].*member; };
    };
    group.classes.push_back({spread_of(runs, of_class(&ClassScores::accuracy)), spread_of(runs, of_class(&ClassScores::iou)),
                             spread_of(runs, of_class(&ClassScores::precision))});
  }
  return group;
}

}  // namespace

Spread spread(const std::vector<double>& values) {
  if (values.empty()) return {};
  const double count = static_cast<double>(values.size());
  double sum = 0.0;
  for (const double value : values) sum += value;
  const double mean = sum / count;
  if (values.size() < 2) return {mean, std::nullopt};
  double squares = 0.0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {mean, std::sqrt(squares / (count - 1.0))};
}

Comparison compare_runs(std::vector<RunResult> runs, const ComparisonOptions& options) {
  if (runs.empty()) throw Error(ErrorKind::kData, "no runs to compare", "give their directories");
  for (const RunResult& run : runs) check_same(runs.front(), run);
  const std::map<std::string, std::string> shortened = label_runs(runs, options.labels);
  const EvaluationReport& first = runs.front().evaluation;
  Comparison comparison{.dataset = runs.front().run.dataset,
                        .split = first.split,
                        .block = options.block > 0 ? options.block : default_block(runs.front().run.dataset),
                        .baselines = find_baselines(options.baselines, runs),
                        .class_names = first.class_names,
                        .class_pixels = {},
                        .groups = {},
                        .notes = find_notes(runs),
                        .runs = {}};
  for (const auto& [label, loss] : shortened) comparison.notes.push_back((label + " is ").append(loss));
  for (const ClassScores& one : first.scores.classes) comparison.class_pixels.push_back(one.pixels);

  std::map<std::string, Runs> of_loss;
  std::vector<std::string> order;
  for (const RunResult& run : runs) {
    if (of_loss[run.run.label].empty()) order.push_back(run.run.label);
    of_loss[run.run.label].push_back(&run);
  }
  std::vector<const Runs*> baselines;
  for (const std::string& baseline : comparison.baselines) baselines.push_back(&of_loss[baseline]);
  const auto rank = [&](const std::string& loss) { return std::ranges::find(comparison.baselines, loss) - comparison.baselines.begin(); };
  std::ranges::stable_sort(order, {}, rank);
  for (const std::string& loss : order) comparison.groups.push_back(make_group(loss, of_loss[loss], baselines, comparison.block));
  comparison.runs = std::move(runs);
  return comparison;
}

}  // namespace seg
