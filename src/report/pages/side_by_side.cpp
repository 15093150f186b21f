#include "report/pages/side_by_side.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/panel_layout.hpp"
#include "report/pages/page.hpp"
#include "report/pages/web.hpp"
#include "report/run/panel_files.hpp"
#include "report/run/run_paths.hpp"

namespace seg {

namespace {

using nlohmann::ordered_json;

constexpr std::size_t kMostRows = 3;
constexpr int kCellWidth = 240;
constexpr int kGap = 4;
constexpr int kTextHeight = 22;

/// The panels of a run's evaluation.
struct PanelFolder {
  std::filesystem::path folder;
  std::vector<Panel> panels;

  const Panel* find(const Panel& like) const {
    const auto found = std::ranges::find_if(panels, [&](const Panel& one) { return one.title == like.title && one.id == like.id; });
    return found == panels.end() ? nullptr : &*found;
  }
};

std::vector<PanelFolder> folders_of(const Comparison& comparison) {
  std::vector<PanelFolder> folders;
  for (const LossGroup& group : comparison.groups) {
    const auto run = std::ranges::find(comparison.runs, group.loss, [](const RunResult& one) { return one.run.label; });
    const std::filesystem::path folder = RunPaths{run->run.directory}.evaluation(comparison.split).panels();
    folders.push_back({folder, read_panel_index(folder)});
  }
  return folders;
}

/// Best, median and worst images are each loss's own; where all losses agree on one, it comes after those of the rare classes.
std::vector<Panel> common_panels(const std::vector<PanelFolder>& folders) {
  std::vector<Panel> common;
  for (const Panel& panel : folders.front().panels) {
    const auto has_it = [&](const PanelFolder& folder) {
      const Panel* found = folder.find(panel);
      return found != nullptr && std::filesystem::is_regular_file(folder.folder / found->file);
    };
    if (std::ranges::all_of(folders, has_it)) common.push_back(panel);
  }
  const std::array<std::string, 3> scored = {"best", "median", "worst"};
  std::ranges::stable_partition(common, [&](const Panel& panel) { return std::ranges::find(scored, panel.title) == scored.end(); });
  return common;
}

struct Picture {
  std::string png;
  int width;
  int height;

  int part_width() const { return (width - (kPanelParts - 1) * kPanelGap) / kPanelParts; }
};

/// With the size in the header chunk of the file (PNG specification, 11.2.1); empty if that is not the size of a panel.
std::optional<Picture> read_picture(const PanelFolder& folder, const Panel& like) {
  const Panel& panel = *folder.find(like);
  Picture picture{read_panel(folder.folder, panel), 0, 0};
  const auto number = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = at; i < at + 4; ++i) value = value << 8 | static_cast<unsigned char>(picture.png[i]);
    return value;
  };
  constexpr std::uint32_t kMostPixels = 1U << 16;
  if (picture.png.size() >= 24 && picture.png.compare(12, 4, "IHDR") == 0 && number(16) < kMostPixels && number(20) < kMostPixels) {
    picture.width = static_cast<int>(number(16));
    picture.height = static_cast<int>(number(20));
  }
  if (picture.width < kPanelParts * (kPanelGap + 1) || picture.height == 0) return std::nullopt;
  return picture;
}

/// Part `index` of the panel, or as many as `count` beside each other, at `x` and `y`.
ordered_json part_values(const Picture& picture, int index, int count, int x, int y, int height) {
  const int part = picture.part_width();
  return {{"x", x},
          {"y", y},
          {"width", count * kCellWidth + (count - 1) * kGap},
          {"height", height},
          {"left", index * (part + kPanelGap)},
          {"shown", count * part + (count - 1) * kPanelGap},
          {"full_width", picture.width},
          {"full_height", picture.height},
          {"png", base64(picture.png)}};
}

/// The picture of the panel from each folder; empty if one of them is not a panel.
std::vector<Picture> pictures_of(const std::vector<PanelFolder>& folders, const Panel& panel) {
  std::vector<Picture> pictures;
  for (const PanelFolder& folder : folders) {
    std::optional<Picture> picture = read_picture(folder, panel);
    if (!picture) return {};
    pictures.push_back(std::move(*picture));
  }
  return pictures;
}

}  // namespace

std::string side_by_side(const Comparison& comparison) {
  const std::vector<PanelFolder> folders = folders_of(comparison);
  const auto left = [](std::size_t column) { return static_cast<int>(column) * (kCellWidth + kGap); };

  ordered_json rows = ordered_json::array();
  int y = kTextHeight;
  for (const Panel& panel : common_panels(folders)) {
    const std::vector<Picture> pictures = pictures_of(folders, panel);
    if (pictures.empty() || rows.size() == kMostRows) continue;
    const Picture& first = pictures.front();
    const int height = std::max(1, first.height * kCellWidth / first.part_width()), top = y + kTextHeight;
    ordered_json parts = ordered_json::array({part_values(first, 0, 2, 0, top, height)});
    for (std::size_t i = 0; i < pictures.size(); ++i) parts.push_back(part_values(pictures[i], 2, 1, left(i + 2), top, height));
    rows.push_back({{"title", panel.title + ": " + panel.id}, {"title_y", y + 16}, {"parts", std::move(parts)}});
    y = top + height + kGap;
  }
  if (rows.empty()) return "";

  ordered_json columns = ordered_json::array();
  const auto add_column = [&](const std::string& name) { columns.push_back({{"x", left(columns.size()) + kCellWidth / 2}, {"name", name}}); };
  add_column("image");
  add_column("ground truth");
  for (const LossGroup& group : comparison.groups) add_column(group.loss);
  return rendered(kSideBySideTemplate, {{"width", left(columns.size()) - kGap},
                                        {"height", y},
                                        {"label", "predictions of the losses side by side"},
                                        {"columns", std::move(columns)},
                                        {"rows", std::move(rows)}});
}

}  // namespace seg
