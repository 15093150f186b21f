// Runs held against each other, grouped by loss: means and spreads over seeds, the change against one of them, the baseline, and the height over the
// curve that the checkpoints of the baseline, or of a second one, give under logit adjustment (scores/tau_curve.hpp).
//
//   mean and sample standard deviation (n - 1) over the runs of a group;
//   relative change of x against the baseline b: the mean over the seeds s that both groups have of x_s / b_s - 1 (several runs
//   of one seed are averaged first); without a common seed mean(x) / mean(b) - 1.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "report/run/run.hpp"
#include "scores/bootstrap.hpp"

namespace seg {

struct Spread {
  std::optional<double> mean;  // empty without values
  std::optional<double> sd;    // sample standard deviation; empty with fewer than two values
};

Spread spread(const std::vector<double>& values);

struct ClassSpread {
  Spread accuracy;
  Spread iou;
  Spread precision;
};

/// One logit adjustment of a loss's checkpoints.
struct CurvePoint {
  double tau;
  double mean_accuracy;
  double mean_iou;
};

/// The runs of one loss; fractions 0..1.
struct LossGroup {
  std::string loss;                 // its label (labels.hpp)
  std::vector<std::int64_t> seeds;  // one a run, in the order given
  Spread mean_accuracy;
  Spread mean_iou;
  Spread mean_precision;
  Spread overall_accuracy;
  Spread mean_iou_by_image;  // these three: empty for evaluations of older versions
  Spread mean_iou_by_class;
  Spread boundary_iou;
  Spread accuracy_change;  // of mean_accuracy and mean_iou against the baseline; empty for itself and where there is none
  Spread iou_change;
  PairedDifference difference;  // from the first baseline on the same images, by the pairs of runs that share a seed; empty likewise
  std::vector<std::optional<IntervalDifference>> over_curves;  // [baselines] mIoU less that of its curve; empty for itself and without a curve
  std::vector<ClassSpread> classes;                            // [K]
  ConfusionTable confusion;                                    // summed over the runs
  std::vector<CurvePoint> curve;                               // the mean over the runs; empty unless all have one at the same taus
};

/// The scores that are averaged over the runs of a loss, by their names in files.
struct NamedSpread {
  const char* name;
  Spread LossGroup::*spread;
  std::optional<double> Scores::*score;
};
inline constexpr std::array<NamedSpread, 4> kMainSpreads = {{{"mean_accuracy", &LossGroup::mean_accuracy, &Scores::mean_accuracy},
                                                             {"mean_iou", &LossGroup::mean_iou, &Scores::mean_iou},
                                                             {"mean_precision", &LossGroup::mean_precision, &Scores::mean_precision},
                                                             {"overall_accuracy", &LossGroup::overall_accuracy, &Scores::overall_accuracy}}};
inline constexpr std::array<NamedSpread, 3> kFineSpreads = {{{"mean_iou_by_image", &LossGroup::mean_iou_by_image, &Scores::mean_iou_by_image},
                                                             {"mean_iou_by_class", &LossGroup::mean_iou_by_class, &Scores::mean_iou_by_class},
                                                             {"boundary_iou", &LossGroup::boundary_iou, &Scores::boundary_iou}}};

struct Comparison {
  std::string dataset;
  std::string split;
  std::int64_t block = 1;                  // frames drawn together by the bootstrap
  std::vector<std::string> baselines;      // one loss or two: all are held against the first, heights are measured over the curves of both
  std::vector<std::string> class_names;    // [K]
  std::vector<std::int64_t> class_pixels;  // [K] of truth
  std::vector<LossGroup> groups;           // the baselines first, then in the order given
  std::vector<std::string> notes;          // what makes the runs less comparable
  std::vector<RunResult> runs;
};

struct ComparisonOptions {
  std::int64_t block = 0;                   // frames the bootstrap draws together at most; 0: as many as suit the data set (scores/bootstrap.hpp)
  std::vector<std::string> baselines = {};  // two at most: a loss as the runs name it, or a run of it by name or directory; empty: ce
  std::vector<std::string> labels = {};     // "LOSS=LABEL": what to call a loss
};

/// Throws kData for runs of different splits, data sets or classes, for no runs, and for a named baseline without a curve where two are named or
/// another run has one; kConfiguration for more than two baselines, for a name that no run or runs of several losses have, for one loss named
/// twice, and for labels that label_runs() refuses.
Comparison compare_runs(std::vector<RunResult> runs, const ComparisonOptions& options = {});

/// The main table, in per cent, with its heading and notes.
std::string comparison_markdown(const Comparison& comparison);
/// Writes comparison.{md,csv,json} and false_positives.csv into `folder`, which is made: md in per cent with a table per class, json
/// and csv as fractions. Throws kStorage.
void write_comparison(const Comparison& comparison, const std::filesystem::path& folder);

}  // namespace seg
