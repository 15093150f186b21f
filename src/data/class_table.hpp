// Reads a class table: name, colour and id of the classes, and which label ids are void.
//
//   classes:                                                # in the order of train ids
//     - {name: Road, id: 3, color: [128, 64, 128]}          # id: the number in the label files; color: RGB
//   void:                                                   # ignored, or with data.void: train classes of their own
//     - {name: Void, id: 0, color: [0, 0, 0], train_id: 0}  # train_id: its train id then; after the classes if not given
//   ignore: [13, 14]                                        # ids without an entry: ignored, or mapped to the first void entry
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <vector>

#include "base/classes.hpp"

namespace seg {

struct VoidClass {
  ClassInfo info;
  std::int64_t train_id = -1;  // -1: after the classes
};

struct ClassFile {
  std::filesystem::path path;
  std::vector<ClassInfo> classes;
  std::vector<VoidClass> voids;
  std::vector<std::int64_t> ignore;
};

/// Throws kConfiguration with file:line:column for an unknown or missing key, a wrong type, an id outside 0 .. 65535, a name,
/// id or colour that is given twice, no class, or more than 255.
ClassFile read_class_file(const std::filesystem::path& path);

/// The classes to train, by train id. Throws kConfiguration if void is to be trained but the file has no void entry.
ClassTable class_table(const ClassFile& file, bool train_void);

/// The train id of every id in the file, 255 for ignored ids.
std::map<std::int64_t, std::uint8_t> train_ids(const ClassFile& file, bool train_void);

}  // namespace seg
