#include "report/comparison/comparison_tables.hpp"

#include <algorithm>
#include <functional>
#include <optional>

namespace seg {

namespace {

constexpr std::size_t kMostTaken = 3;  // maximum number of classes in a cell

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

/// "Road 12.3, Car 4.0": true classes of false positives, per cent of the pixels predicted as the class, the largest first.
std::string taken_text(const Comparison& comparison, const ConfusionTable& confusion, std::size_t predicted) {
  const std::int64_t whole = predicted_pixels(confusion, predicted);
  if (whole == 0) return "-";
  std::string text;
  const std::vector<Taken> all = false_positives(confusion, predicted);
  for (std::size_t i = 0; i < std::min(all.size(), kMostTaken); ++i)
    text += (text.empty() ? "" : ", ") + comparison.class_names[all[i].truth] + " " + percent(share_of(all[i].pixels, whole));
  return text.empty() ? "none" : text;
}

struct ScoredCell {
  std::size_t row;
  std::size_t column;
  std::optional<double> value;
};

/// Marks the largest of them, and those that read the same; nothing if all read the same.
void mark_best(TextTable& table, const std::vector<ScoredCell>& cells) {
  if (cells.empty()) return;
  const auto [least, best] = std::ranges::minmax(cells, {}, &ScoredCell::value);
  if (percent(least.value) == percent(best.value)) return;
  for (const ScoredCell& cell : cells)
    if (percent(cell.value) == percent(best.value)) table.best.emplace(cell.row, cell.column);
}

/// In a table with a row a loss.
void mark_best(TextTable& table, std::size_t column, const std::vector<const LossGroup*>& groups, Spread LossGroup::*score) {
  std::vector<ScoredCell> cells;
  for (std::size_t row = 0; row < groups.size(); ++row) cells.push_back({row, column, (groups[row]->*score).mean});
  mark_best(table, cells);
}

TextTable class_table(const Comparison& comparison, Spread ClassSpread::*score) {
  TextTable table{.header = {"class", "share of pixels"}, .rows = {}};
  for (const LossGroup& group : comparison.groups) table.header.push_back(group.loss);
  const std::vector<double> shares = shares_of(comparison.class_pixels);
  for (const std::size_t c : frequent_to_rare(comparison.class_pixels)) {
    std::vector<std::string>& row = table.rows.emplace_back();
    row = {comparison.class_names[c], percent(shares[c], 3)};
    std::vector<ScoredCell> cells;
    for (const LossGroup& group : comparison.groups) {
      cells.push_back({table.rows.size() - 1, row.size(), (group.classes[c].*score).mean});
      row.push_back(percent_spread(group.classes[c].*score));
    }
    mark_best(table, cells);
  }
  return table;
}

}  // namespace

TextTable main_table(const Comparison& comparison) {
  TextTable table{.header = {"loss", "runs", "mean accuracy", "mIoU", "mean precision", "overall accuracy",
                             "mean accuracy against " + comparison.baselines.front(), "mIoU against " + comparison.baselines.front()},
                  .rows = {}};
  for (const LossGroup& group : comparison.groups) {
    table.rows.push_back({group.loss, std::to_string(group.seeds.size()), percent_spread(group.mean_accuracy), percent_spread(group.mean_iou),
                          percent_spread(group.mean_precision), percent_spread(group.overall_accuracy), signed_percent_spread(group.accuracy_change),
                          signed_percent_spread(group.iou_change)});
  }
  std::vector<const LossGroup*> groups;
  for (const LossGroup& group : comparison.groups) groups.push_back(&group);
  for (std::size_t i = 0; i < kMainSpreads.size(); ++i) mark_best(table, 2 + i, groups, kMainSpreads[i].spread);
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
  using Interval = std::function<const std::optional<IntervalDifference>&(const LossGroup&)>;
  TextTable table{.header = {"loss", "runs"}, .rows = {}};
  for (const LossGroup& group : comparison.groups) table.rows.push_back({group.loss, std::to_string(group.seeds.size())});
  // Reads a value of each loss.
  const auto add_column = [&](const std::string& name, const std::function<std::optional<double>(const LossGroup&)>& value) {
    table.header.push_back(name);
    for (std::size_t i = 0; i < comparison.groups.size(); ++i) table.rows[i].push_back(exact(value(comparison.groups[i])));
  };
  const auto add_spread = [&](const std::string& name, Spread LossGroup::*spread) {
    add_column(name, [&](const LossGroup& group) { return (group.*spread).mean; });
    add_column(name + "_sd", [&](const LossGroup& group) { return (group.*spread).sd; });
  };
  const auto add_part = [&](const std::string& name, const Interval& interval, double IntervalDifference::*part) {
    add_column(name, [&](const LossGroup& group) {
      const auto& one = interval(group);
      return one ? std::optional(*one.*part) : std::nullopt;
    });
  };
  const auto add_interval = [&](const std::string& name, const Interval& interval) {
    add_part(name, interval, &IntervalDifference::value);
    add_part(name + "_low", interval, &IntervalDifference::low);
    add_part(name + "_high", interval, &IntervalDifference::high);
  };
  const auto over_curve = [](std::size_t baseline) -> Interval {
    return [baseline](const LossGroup& group) -> const auto& { return group.over_curves[baseline]; };
  };
  for (const NamedSpread& one : kMainSpreads) add_spread(one.name, one.spread);
  add_spread("mean_accuracy_change", &LossGroup::accuracy_change);
  add_spread("mean_iou_change", &LossGroup::iou_change);
  add_interval(
      "mean_accuracy_difference", [](const LossGroup& group) -> const auto& { return group.difference.mean_accuracy; });
  add_interval(
      "mean_iou_difference", [](const LossGroup& group) -> const auto& { return group.difference.mean_iou; });
  add_interval("iou_over_curve", over_curve(0));
  for (const NamedSpread& one : kFineSpreads) add_spread(one.name, one.spread);
  if (comparison.baselines.size() > 1) add_interval("iou_over_second_curve", over_curve(1));
  return table;
}

Section fine_section(const Comparison& comparison) {
  Section section{
      "IoU of the classes in each image, averaged over images (mIoU^I) or over images and then classes (mIoU^C), and IoU of the pixels near "
      "boundaries; per cent, mean ± standard deviation over seeds.",
      {.header = {"loss", "mIoU^I", "mIoU^C", "boundary IoU"}, .rows = {}}};
  std::vector<const LossGroup*> groups;
  for (const LossGroup& group : comparison.groups) {
    if (!group.mean_iou_by_image.mean && !group.boundary_iou.mean) continue;
    groups.push_back(&group);
    section.table.rows.push_back(
        {group.loss, percent_spread(group.mean_iou_by_image), percent_spread(group.mean_iou_by_class), percent_spread(group.boundary_iou)});
  }
  for (std::size_t i = 0; i < kFineSpreads.size(); ++i) mark_best(section.table, 1 + i, groups, kFineSpreads[i].spread);
  return section;
}

Section difference_section(const Comparison& comparison) {
  const std::string drawn = comparison.block > 1 ? "blocks of " + std::to_string(comparison.block) + " consecutive frames" : "single images";
  Section section{"Difference from " + comparison.baselines.front() + " in percentage points, with the 95 % interval of a paired bootstrap over " +
                      drawn +
                      " (1000 resamples, runs paired by seed). Over the curve of a loss: compared with its checkpoint after logit adjustment to "
                      "the same mean accuracy.",
                  {.header = {"loss", "pairs", "images", "blocks", "mean accuracy", "mIoU"}, .rows = {}}};
  std::vector<std::size_t> curves;  // indices of baselines
  for (std::size_t b = 0; b < comparison.baselines.size(); ++b) {
    if (std::ranges::none_of(comparison.groups, [b](const LossGroup& group) { return group.over_curves[b].has_value(); })) continue;
    curves.push_back(b);
    section.table.header.push_back("mIoU over the curve of " + comparison.baselines[b]);
  }
  for (const LossGroup& group : comparison.groups) {
    const PairedDifference& one = group.difference;
    const bool lies_over = std::ranges::any_of(group.over_curves, [](const auto& height) { return height.has_value(); });
    if (one.pairs == 0 && !lies_over) continue;
    const auto count = [&](std::int64_t number) { return one.pairs > 0 ? std::to_string(number) : "-"; };
    std::vector<std::string>& row = section.table.rows.emplace_back();
    row = {group.loss, count(one.pairs), count(one.images), count(one.blocks), interval_text(one.mean_accuracy), interval_text(one.mean_iou)};
    for (const std::size_t b : curves) row.push_back(interval_text(group.over_curves[b]));
  }
  return section;
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

Section false_positive_section(const Comparison& comparison) {
  Section section{
      "True classes of the pixels that are wrongly predicted as each class: per cent of the pixels predicted as the class, the three largest, over "
      "all runs of a loss.",
      {.header = {"class"}, .rows = {}}};
  for (const LossGroup& group : comparison.groups) section.table.header.push_back(group.loss);
  for (const std::size_t c : frequent_to_rare(comparison.class_pixels)) {
    std::vector<std::string>& row = section.table.rows.emplace_back();
    row.push_back(comparison.class_names[c]);
    for (const LossGroup& group : comparison.groups) row.push_back(taken_text(comparison, group.confusion, c));
  }
  return section;
}

TextTable false_positive_csv(const Comparison& comparison) {
  TextTable table{.header = {"loss", "class", "taken_from", "pixels", "share_of_predicted"}, .rows = {}};
  for (const LossGroup& group : comparison.groups) {
    for (const std::size_t c : frequent_to_rare(comparison.class_pixels)) {
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
