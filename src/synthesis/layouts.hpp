// The file layout and class ids of each data set, for writing.
//
// Folders, names and encodings are those of the published data sets:
//   synthia_seqs  SEQUENCE/{RGB,GT/LABELS,GT/COLOR}/Stereo_Left/Omni_F/000000.png; labels 16 bit, red = class, green = instance
//   synthia_rand  {RGB,GT/LABELS,GT/COLOR}/0000000.png; the same encoding, other ids
//   cityscapes    leftImg8bit/SPLIT/CITY/CITY_000000_000019_leftImg8bit.png, gtFine/.../..._gtFine_labelIds.png; 8-bit ids
//   camvid        SPLIT/NAME.png, SPLITannot/NAME.png; 8-bit ids 0..11
//   folder        images/SPLIT/NAME.png, labels/SPLIT/NAME.png; 8-bit ids of classes.yaml
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "synthesis/render.hpp"
#include "synthesis/scene.hpp"

namespace seg::synthesis {

struct LabelClass {
  std::string name;
  std::array<std::uint8_t, 3> color{};  // RGB
  int id = 0;
};

struct FilePlan {
  std::filesystem::path image;
  std::filesystem::path labels;
  std::filesystem::path color;  // empty if the layout has none
};

struct Layout {
  std::string name;
  std::array<LabelClass, kKinds> classes;  // by Kind
  bool wide_labels = false;                // 16 bit, three channels
  std::int64_t frames_a_world = 1;         // more than one: image sequences
  std::string image, labels, color;        // files, with {split}, {city} and {index} for fmt::format; color is empty if there is none
};

std::vector<std::string> layout_names();

/// Throws kConfiguration with the names of the known layouts.
const Layout& find_layout(const std::string& name);

/// "train", "val" or "test": blocks of 70, 10 and 20 % in the order of the index; with three or more images none is empty.
std::string split_of(std::int64_t index, std::int64_t count);

/// The files of one of `count` images.
FilePlan plan_files(const Layout& layout, std::int64_t index, std::int64_t count);

/// The label file's pixels: 8-bit ids, or 16-bit BGR with red = id, green = instance.
cv::Mat encode_labels(const Layout& layout, const Frame& frame);
/// The labels in the classes' colours, 8-bit BGR.
cv::Mat color_labels(const Layout& layout, const Frame& frame);

/// The folder layout's classes.yaml, in the format of data/class_table.hpp.
std::string class_table_text(const Layout& layout);

}  // namespace seg::synthesis
