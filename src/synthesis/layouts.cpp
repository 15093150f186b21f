#include "synthesis/layouts.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"

namespace seg::synthesis {

namespace {

/// The ids of a kind in all layouts. The name and colour of an id are those of the first kind that has it.
struct KindRow {
  const char* name;
  std::array<std::uint8_t, 3> color;
  int synthia_seqs;
  int synthia_rand;
  int cityscapes;
  int camvid;
};

constexpr std::array<KindRow, kKinds> kRows{{
    {"Void", {0, 0, 0}, 0, 0, 4, 11},           {"Sky", {128, 128, 128}, 1, 1, 23, 0},
    {"Building", {128, 0, 0}, 2, 2, 11, 1},     {"Road", {128, 64, 128}, 3, 3, 7, 3},
    {"Sidewalk", {0, 0, 192}, 4, 4, 8, 4},      {"Fence", {64, 64, 128}, 5, 5, 13, 7},
    {"Vegetation", {128, 128, 0}, 6, 6, 21, 5}, {"Pole", {192, 192, 128}, 7, 7, 17, 2},
    {"Car", {64, 0, 128}, 8, 8, 26, 8},         {"TrafficSign", {192, 128, 128}, 9, 9, 20, 6},
    {"Pedestrian", {64, 64, 0}, 10, 10, 24, 9}, {"Bicycle", {0, 128, 192}, 11, 11, 33, 10},
    {"LaneMarking", {0, 172, 0}, 12, 22, 7, 3}, {"TrafficLight", {0, 128, 128}, 15, 15, 19, 6},
    {"Rider", {255, 0, 0}, 10, 17, 25, 10},     {"Truck", {0, 0, 70}, 8, 18, 27, 8},
    {"Bus", {0, 60, 100}, 8, 19, 28, 8},        {"Motorcycle", {0, 0, 230}, 11, 12, 32, 10},
    {"Terrain", {152, 251, 152}, 6, 16, 22, 5}, {"Wall", {102, 102, 156}, 2, 21, 12, 1},
}};

std::array<LabelClass, kKinds> numbered(int KindRow::*id) {
  std::array<LabelClass, kKinds> classes;
  for (std::size_t kind = 0; kind < kRows.size(); ++kind) {
    const auto first = std::find_if(kRows.begin(), kRows.end(), [&](const KindRow& row) { return row.*id == kRows[kind].*id; });
    classes[kind] = {first->name, first->color, first->*id};
  }
  return classes;
}

const std::vector<Layout>& layouts() {
  constexpr std::int64_t kWorldFrames = 8;
  static const std::vector<Layout> table{
      {"synthia_seqs", numbered(&KindRow::synthia_seqs), true, kWorldFrames, "SYNTHIA-SEQS-05-SUMMER/RGB/Stereo_Left/Omni_F/{index:06}.png",
       "SYNTHIA-SEQS-05-SUMMER/GT/LABELS/Stereo_Left/Omni_F/{index:06}.png", "SYNTHIA-SEQS-05-SUMMER/GT/COLOR/Stereo_Left/Omni_F/{index:06}.png"},
      {"synthia_rand", numbered(&KindRow::synthia_rand), true, 1, "RGB/{index:07}.png", "GT/LABELS/{index:07}.png", "GT/COLOR/{index:07}.png"},
      {"cityscapes", numbered(&KindRow::cityscapes), false, 1, "leftImg8bit/{split}/{city}/{city}_{index:06}_000019_leftImg8bit.png",
       "gtFine/{split}/{city}/{city}_{index:06}_000019_gtFine_labelIds.png", ""},
      {"camvid", numbered(&KindRow::camvid), false, 1, "{split}/street_{index:06}.png", "{split}annot/street_{index:06}.png", ""},
      {"folder", numbered(&KindRow::synthia_seqs), false, 1, "images/{split}/street_{index:06}.png", "labels/{split}/street_{index:06}.png", ""},
  };
  return table;
}

}  // namespace

std::vector<std::string> layout_names() {
  std::vector<std::string> names;
  for (const Layout& layout : layouts()) names.push_back(layout.name);
  return names;
}

const Layout& find_layout(const std::string& name) {
  std::string known;
  for (const Layout& layout : layouts()) {
    if (layout.name == name) return layout;
    known += (known.empty() ? "" : ", ") + layout.name;
  }
  throw Error(ErrorKind::kConfiguration, "unknown layout '" + name + "'", "the layouts are " + known);
}

std::string split_of(std::int64_t index, std::int64_t count) {
  const std::int64_t val = std::clamp<std::int64_t>(count * 7 / 10, 1, std::max<std::int64_t>(1, count - 2));
  const std::int64_t test = std::clamp<std::int64_t>(count * 8 / 10, val + 1, std::max(val + 1, count - 1));
  return index < val ? "train" : index < test ? "val" : "test";
}

FilePlan plan_files(const Layout& layout, std::int64_t index, std::int64_t count) {
  const std::string split = split_of(index, count);
  const std::string city = split == "train" ? "northtown" : split == "val" ? "midtown" : "southtown";
  const auto path = [&](const std::string& pattern) {
    return fmt::format(fmt::runtime(pattern), fmt::arg("split", split), fmt::arg("city", city), fmt::arg("index", index));
  };
  return {path(layout.image), path(layout.labels), path(layout.color)};
}

cv::Mat encode_labels(const Layout& layout, const Frame& frame) {
  cv::Mat_<uchar> table(1, 256, uchar{0});
  for (int kind = 0; kind < kKinds; ++kind) table(kind) = static_cast<uchar>(layout.classes[static_cast<std::size_t>(kind)].id);
  cv::Mat ids;
  cv::LUT(frame.kinds, table, ids);
  if (!layout.wide_labels) return ids;
  ids.convertTo(ids, CV_16U);
  cv::Mat labels;
  cv::merge(std::vector<cv::Mat>{cv::Mat::zeros(ids.size(), CV_16U), frame.instances, ids}, labels);
  return labels;
}

cv::Mat color_labels(const Layout& layout, const Frame& frame) {
  cv::Mat_<cv::Vec3b> colors(frame.kinds.size());
  for (int v = 0; v < colors.rows; ++v) {
    for (int u = 0; u < colors.cols; ++u) {
      const auto& rgb = layout.classes[frame.kinds(v, u)].color;
      colors(v, u) = cv::Vec3b(rgb[2], rgb[1], rgb[0]);
    }
  }
  return colors;
}

std::string class_table_text(const Layout& layout) {
  std::string classes, voids;
  std::set<int> seen;
  for (const LabelClass& c : layout.classes) {
    if (!seen.insert(c.id).second) continue;
    const std::string line = fmt::format("  - {{name: {}, id: {}, color: [{}, {}, {}]}}\n", c.name, c.id, c.color[0], c.color[1], c.color[2]);
    (c.name == "Void" ? voids : classes) += line;
  }
  return "# The classes of these street scenes; see data/README.md.\nclasses:\n" + classes + "void:\n" + voids;
}

}  // namespace seg::synthesis
