#include "data/dataset_registry.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <filesystem>

#include "base/error.hpp"
#include "base/files.hpp"
#include "data/datasets/layouts.hpp"
#include "data/splits.hpp"

namespace seg {
namespace {

struct KnownLayout {
  std::string name;
  std::string class_file;  // below data/, with {} for synthia_rand.classes; empty if data.classes is required
  Listing (*list)(const DataOptions&, const ClassFile&, const std::string& split);
  std::vector<std::string> (*splits)(const DataOptions&);
  bool test_is_public = true;  // false: the labels of the test split are not published
};

std::vector<std::string> every_split(const DataOptions&) { return all_splits(); }

/// The registry: a layout is one line in this table and one function in datasets/.
const std::vector<KnownLayout>& layouts() {
  static const std::vector<KnownLayout> table = {
      {"synthia_seqs", "synthia_seqs.yaml", list_synthia_seqs, every_split},
      {"synthia_rand", "synthia_rand{}.yaml", list_synthia_rand, every_split},
      {"cityscapes", "cityscapes.yaml", list_cityscapes, every_split, false},
      {"camvid", "camvid.yaml", list_camvid, every_split},
      {"folder", "", list_folder, folder_splits},
  };
  return table;
}

const KnownLayout& layout_of(const DataOptions& options) {
  const auto found = std::find_if(layouts().begin(), layouts().end(), [&](const KnownLayout& layout) { return layout.name == options.dataset; });
  if (found == layouts().end()) throw Error(ErrorKind::kConfiguration, "data.dataset: there is no layout '" + options.dataset + "'", "see --help");
  return *found;
}

fs::path class_file_path(const DataOptions& options) {
  if (!options.classes.empty()) return options.classes;
  const std::string shipped = fmt::format(fmt::runtime(layout_of(options).class_file), options.synthia_rand.classes);
  if (shipped.empty()) {
    throw Error(ErrorKind::kConfiguration, "data.classes is empty, but '" + options.dataset + "' has no built-in class table",
                "set data.classes to a YAML file; data/README.md explains how to write one");
  }
  fs::path path = find_shipped(fs::path("data") / shipped);
  if (path.empty())
    throw Error(ErrorKind::kConfiguration, "there is no class table data/" + shipped,
                "synthia_rand has 16 or 19 classes; otherwise install the program again");
  return path;
}

/// The parent folder of data.root, or a folder in it, that has the wanted layout; empty if none has.
fs::path right_root(const KnownLayout& layout, const DataOptions& options, const ClassFile& classes, const std::string& split) {
  const fs::path root = fs::absolute(options.root).lexically_normal();
  std::vector<fs::path> candidates{(root.has_filename() ? root : root.parent_path()).parent_path()};
  std::error_code ignored;
  for (fs::directory_iterator entry(root, ignored), end; !ignored && entry != end; entry.increment(ignored)) candidates.push_back(entry->path());
  for (const fs::path& candidate : candidates) {
    DataOptions other = options;
    other.root = candidate.string();
    try {
      if (!layout.list(other, classes, split).pairs.empty()) return candidate;
    } catch (const Error&) {  // this folder does not match
      continue;
    }
  }
  return {};
}

Listing list_split(const KnownLayout& layout, const DataOptions& options, const ClassFile& classes, const std::string& split) {
  try {
    return layout.list(options, classes, split);
  } catch (const MissingFolder& error) {
    const fs::path right = right_root(layout, options, classes, split);
    throw MissingFolder(error.kind, error.what(), right.empty() ? error.hint : "did you mean --set data.root=" + right.string() + "?");
  }
}

}  // namespace

std::vector<std::string> dataset_names() {
  std::vector<std::string> names;
  for (const KnownLayout& layout : layouts()) names.push_back(layout.name);
  return names;
}

ClassTable load_classes(const DataOptions& options) { return class_table(read_class_file(class_file_path(options)), options.train_void()); }

std::vector<std::string> split_names(const DataOptions& options) { return layout_of(options).splits(options); }

std::string reported_split(const DataOptions& options) {
  const std::vector<std::string> splits = split_names(options);
  const auto has = [&](const char* split) { return std::find(splits.begin(), splits.end(), split) != splits.end(); };
  if (has("test") && layout_of(options).test_is_public) return "test";
  if (has("val") || splits.empty()) return "val";  // no split at all: opening val throws the right error
  throw Error(ErrorKind::kData, options.root + ": the data has neither a test nor a val split to report on",
              "add one, or choose another split: segeval --split train");
}

std::unique_ptr<FileDataset> open_files(const DataOptions& options, const std::string& split, const FrameSize& frame) {
  const KnownLayout& layout = layout_of(options);
  const auto& known = all_splits();
  if (std::find(known.begin(), known.end(), split) == known.end()) {
    throw Error(ErrorKind::kConfiguration, "there is no split '" + split + "'", "splits are train, val and test");
  }
  if (options.root.empty()) throw Error(ErrorKind::kData, "data.root is empty: no data folder is set", how_to_get(layout.name));
  const ClassFile classes = read_class_file(class_file_path(options));
  Listing listing = list_split(layout, options, classes, split);
  listing.classes = class_table(classes, options.train_void());
  if (listing.pairs.empty()) throw Error(ErrorKind::kData, options.root + ": the split '" + split + "' has no images", how_to_get(layout.name));
  return std::make_unique<FileDataset>(std::move(listing), options.max_pixels, frame);
}

}  // namespace seg
