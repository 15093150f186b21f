#include "report/comparison/comparison_tables.hpp"

#include <algorithm>
#include <numeric>

namespace seg {

namespace {

constexpr std::size_t kMostTaken = 3;  // classes named in a cell

std::string percent_spread(const Spread& value) { return percent(value.mean) + (value.sd ? " ± " + percent(value.sd) : ""); }

std::string signed_percent_spread(const Spread& value) { return (value.mean && *value.mean >= 0.0 ? "+" : "") + percent_spread(value); }

std::string signed_points(double fraction) { return (fraction >= 0.0 ? "+" : "") + percent(fraction, 2); }

/// "+1.20 (-0.31 to +2.80)"
std::string interval_text(const std::optional<IntervalDifference>& one) {
  return one ? signed_points(one->value) + " (" + signed_points(one->low) + " to " + signed_points(one->high) + ")" : "-";
}

std::int64_t predicted_pixels(const ConfusionTable& confusion, std::size_t predicted) {
  std::int64_t sum = 0;
  for (std::int64_t truth = 0; truth < confusion.classes; ++truth) sum += confusion.at(truth, static_cast<std::int64_t>(predicted));
  return sum;
}

double share_of(std::int64_t part, std::int64_t whole) { return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0.0; }

/// "Road 12.3, Car 4.0": per cent of the pixels predicted as the class, the largest ones.
std::string taken_text(const Comparison& comparison, const ConfusionTable& confusion, std::size_t predicted) {
  const std::int64_t whole = predicted_pixels(confusion, predicted);
  if (whole == 0) return "-";
  std::string text;
  const std::vector<Taken> all = false_positives(confusion, predicted);
  for (std::size_t i = 0; i < std::min(all.size(), kMostTaken); ++i)
    text += (text.empty() ? "" : ", ") + comparison.class_names[all[i].truth] + " " + percent(share_of(all[i].pixels, whole));
  return text.empty() ? "none" : text;
}

TextTable class_table(const Comparison& comparison, Spread ClassSpread::*score) {
  TextTable table{.header = {"class", "share of pixels"}, .rows = {}};
  for (const LossGroup& group : comparison.groups) table.header.push_back(group.loss);
  const double pixels = static_cast<double>(std::accumulate(comparison.class_pixels.begin(), comparison.class_pixels.end(), std::int64_t{0}));
  for (const std::size_t c : frequent_to_rare(comparison)) {
    const double share = pixels > 0.0 ? static_cast<double>(comparison.class_pixels[c]) / pixels : 0.0;
    std::vector<std::string>& row = table.rows.emplace_back();
    row = {comparison.class_names[c], percent(share, 3)};
    for (const LossGroup& group : comparison.groups) row.push_back(percent_spread(group.classes[c].*score));
  }
  return table;
}

}  // namespace

std::vector<std::size_t> frequent_to_rare(const Comparison& comparison) {
  std::vector<std::size_t> order(comparison.class_names.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return comparison.class_pixels[a] > comparison.class_pixels[b]; });
  return order;
}

TextTable main_table(const Comparison& comparison) {
  TextTable table{.header = {"loss", "runs", "mean accuracy", "mIoU", "mean precision", "overall accuracy",
                             "mean accuracy against " + comparison.baseline, "mIoU against " + comparison.baseline},
                  .rows = {}};
  for (const LossGroup& group : comparison.groups) {
    table.rows.push_back({group.loss, std::to_string(group.seeds.size()), percent_spread(group.mean_accuracy), percent_spread(group.mean_iou),
                          percent_spread(group.mean_precision), percent_spread(group.overall_accuracy), signed_percent_spread(group.accuracy_change),
                          signed_percent_spread(group.iou_change)});
  }
  return table;
}

std::vector<Section> class_sections(const Comparison& comparison) {
  return {{"Accuracy by class", class_table(comparison, &ClassSpread::accuracy)},
          {"IoU by class", class_table(comparison, &ClassSpread::iou)},
          {"Precision by class", class_table(comparison, &ClassSpread::precision)}};
}

std::string comparison_caption(const Comparison& comparison) {
  return comparison.dataset + ", " + comparison.split + " split; per cent, mean ± standard deviation over seeds; changes are relative.";
}

TextTable csv_table(const Comparison& comparison) {
  TextTable table{.header = {"loss",
                             "runs",
                             "mean_accuracy",
                             "mean_accuracy_sd",
                             "mean_iou",
                             "mean_iou_sd",
                             "mean_precision",
                             "mean_precision_sd",
                             "overall_accuracy",
                             "overall_accuracy_sd",
                             "mean_accuracy_change",
                             "mean_accuracy_change_sd",
                             "mean_iou_change",
                             "mean_iou_change_sd",
                             "mean_accuracy_difference",
                             "mean_accuracy_difference_low",
                             "mean_accuracy_difference_high",
                             "mean_iou_difference",
                             "mean_iou_difference_low",
                             "mean_iou_difference_high",
                             "iou_over_curve",
                             "iou_over_curve_low",
                             "iou_over_curve_high",
                             "mean_iou_by_image",
                             "mean_iou_by_image_sd",
                             "mean_iou_by_class",
                             "mean_iou_by_class_sd",
                             "boundary_iou",
                             "boundary_iou_sd"},
                  .rows = {}};
  for (const LossGroup& group : comparison.groups) {
    std::vector<std::string>& row = table.rows.emplace_back();
    row = {group.loss, std::to_string(group.seeds.size())};
    for (const Spread* value :
         {&group.mean_accuracy, &group.mean_iou, &group.mean_precision, &group.overall_accuracy, &group.accuracy_change, &group.iou_change}) {
      row.push_back(exact(value->mean));
      row.push_back(exact(value->sd));
    }
    for (const std::optional<IntervalDifference>* one :
         {&group.difference.mean_accuracy, &group.difference.mean_iou, &group.difference.iou_over_curve}) {
      for (double IntervalDifference::*part : {&IntervalDifference::value, &IntervalDifference::low, &IntervalDifference::high})
        row.push_back(*one ? exact(**one.*part) : "");
    }
    for (const Spread* value : {&group.mean_iou_by_image, &group.mean_iou_by_class, &group.boundary_iou}) {
      row.push_back(exact(value->mean));
      row.push_back(exact(value->sd));
    }
  }
  return table;
}

std::string difference_caption(const Comparison& comparison) {
  const std::string drawn = comparison.block > 1 ? "blocks of " + std::to_string(comparison.block) + " consecutive frames" : "single images";
  return "Difference from " + comparison.baseline + " in points of per cent, with the 95 % interval of a paired bootstrap over " + drawn +
         " (1000 resamples, runs paired by seed). Over its curve: against its checkpoint whose logits are adjusted to the same mean accuracy.";
}

std::string fine_caption() {
  return "IoU of the classes of each image, averaged over images (mIoU^I) or over images and then classes (mIoU^C), and IoU of the pixels near "
         "boundaries; per cent, mean ± standard deviation over seeds.";
}

TextTable fine_table(const Comparison& comparison) {
  TextTable table{.header = {"loss", "mIoU^I", "mIoU^C", "boundary IoU"}, .rows = {}};
  for (const LossGroup& group : comparison.groups) {
    if (!group.mean_iou_by_image.mean && !group.boundary_iou.mean) continue;
    table.rows.push_back(
        {group.loss, percent_spread(group.mean_iou_by_image), percent_spread(group.mean_iou_by_class), percent_spread(group.boundary_iou)});
  }
  return table;
}

TextTable difference_table(const Comparison& comparison) {
  const auto has_curve = [](const LossGroup& group) { return group.difference.iou_over_curve.has_value(); };
  const bool curves = std::ranges::any_of(comparison.groups, has_curve);
  TextTable table{.header = {"loss", "pairs", "images", "blocks", "mean accuracy", "mIoU"}, .rows = {}};
  if (curves) table.header.push_back("mIoU over the curve of " + comparison.baseline);
  for (const LossGroup& group : comparison.groups) {
    const PairedDifference& one = group.difference;
    if (one.pairs == 0) continue;
    table.rows.push_back({group.loss, std::to_string(one.pairs), std::to_string(one.images), std::to_string(one.blocks),
                          interval_text(one.mean_accuracy), interval_text(one.mean_iou)});
    if (curves) table.rows.back().push_back(interval_text(one.iou_over_curve));
  }
  return table;
}

std::vector<Taken> false_positives(const ConfusionTable& confusion, std::size_t predicted) {
  std::vector<Taken> taken;
  for (std::size_t truth = 0; truth < static_cast<std::size_t>(confusion.classes); ++truth) {
    const std::int64_t pixels = confusion.at(static_cast<std::int64_t>(truth), static_cast<std::int64_t>(predicted));
    if (truth != predicted && pixels > 0) taken.push_back({truth, pixels});
  }
  std::stable_sort(taken.begin(), taken.end(), [](const Taken& a, const Taken& b) { return a.pixels > b.pixels; });
  return taken;
}

std::string false_positive_caption() {
  return "Whose pixels each class takes: per cent of the pixels predicted as the class that belong to another one, the three largest, over all runs "
         "of "
         "a loss.";
}

TextTable false_positive_table(const Comparison& comparison) {
  TextTable table{.header = {"class"}, .rows = {}};
  for (const LossGroup& group : comparison.groups) table.header.push_back(group.loss);
  for (const std::size_t c : frequent_to_rare(comparison)) {
    std::vector<std::string>& row = table.rows.emplace_back();
    row.push_back(comparison.class_names[c]);
    for (const LossGroup& group : comparison.groups) row.push_back(taken_text(comparison, group.confusion, c));
  }
  return table;
}

TextTable false_positive_csv(const Comparison& comparison) {
  TextTable table{.header = {"loss", "class", "taken_from", "pixels", "share_of_predicted"}, .rows = {}};
  for (const LossGroup& group : comparison.groups) {
    for (const std::size_t c : frequent_to_rare(comparison)) {
      const std::int64_t whole = predicted_pixels(group.confusion, c);
      for (const Taken& one : false_positives(group.confusion, c)) {
        table.rows.push_back({group.loss, comparison.class_names[c], comparison.class_names[one.truth], std::to_string(one.pixels),
                              exact(share_of(one.pixels, whole))});
      }
    }
  }
  return table;
}

}  // namespace seg
