// Compares runs, grouped by loss: means and standard deviations over seeds, the change relative to a baseline, and the mIoU over the tau curve of
// that baseline or of a second one, which is the curve of its checkpoints with logit adjustment (scores/tau_curve.hpp).
//
//   mean and sample standard deviation (n - 1) over the runs of a group;
//   relative change of x from the baseline b: the mean of x_s / b_s - 1 over the seeds s that both groups have (several runs
//   of one seed are averaged first); without a common seed, mean(x) / mean(b) - 1.
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

/// One logit adjustment, averaged over the checkpoints of a loss.
struct CurvePoint {
  double tau;
  double mean_accuracy;
  double mean_iou;
};

/// The runs of one loss; fractions 0..1.
struct LossGroup {
  std::string loss;                 // its label (labels.hpp)
  std::vector<std::int64_t> seeds;  // one per run, in the given order
  Spread mean_accuracy;
  Spread mean_iou;
  Spread mean_precision;
  Spread overall_accuracy;
  Spread mean_iou_by_image;  // these three: empty for evaluations of older versions
  Spread mean_iou_by_class;
  Spread boundary_iou;
  Spread accuracy_change;  // of mean_accuracy and mean_iou from the baseline; empty for the baseline itself and without a baseline
  Spread iou_change;
  PairedDifference difference;  // from the first baseline on the same images, over the pairs of runs with the same seed; empty in the same cases
  std::vector<std::optional<IntervalDifference>> over_curves;  // [baselines] mIoU minus that of its curve; empty for itself and without a curve
  std::vector<ClassSpread> classes;                            // [K]
  ConfusionTable confusion;                                    // summed over the runs
  std::vector<CurvePoint> curve;                               // the mean over the runs; empty unless all have a curve with the same taus
};

/// The scores that are averaged over the runs of a loss, with their names in files.
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
  std::vector<std::string> baselines;      // one or two losses: differences are from the first, mIoU over the curve is for both
  std::vector<std::string> class_names;    // [K]
  std::vector<std::int64_t> class_pixels;  // [K] of the ground truth
  std::vector<LossGroup> groups;           // the baselines first, then in the given order
  std::vector<std::string> notes;          // reasons why the runs are less comparable
  std::vector<RunResult> runs;
};

struct ComparisonOptions {
  std::int64_t block = 0;                   // maximum number of frames that the bootstrap draws together; 0: default_block (scores/bootstrap.hpp)
  std::vector<std::string> baselines = {};  // at most two: a loss as the runs name it, or a run of it by name or directory; empty: ce
  std::vector<std::string> labels = {};     // "LOSS=LABEL": what to call a loss
};

/// Throws kData for runs of different splits, data sets or classes, for no runs, and for a given baseline without a curve if two are given or
/// another run has a curve. Throws kConfiguration for more than two baselines, for a name that matches no run or runs of several losses, for the
/// same loss given twice, and for labels that label_runs() refuses.
Comparison compare_runs(std::vector<RunResult> runs, const ComparisonOptions& options = {});

/// The main table, in per cent, with its heading and notes.
std::string comparison_markdown(const Comparison& comparison);
/// Writes comparison.{md,csv,json} and false_positives.csv to `folder` and creates it: md in per cent with tables by class, json and csv as
/// fractions. Throws kStorage.
void write_comparison(const Comparison& comparison, const std::filesystem::path& folder);

}  // namespace seg
