#include <set>
#include <sstream>

#include "base/error.hpp"
#include "base/files.hpp"
#include "data/datasets/layouts.hpp"
#include "data/splits.hpp"

namespace seg {
namespace {

constexpr std::uintmax_t kMaxListBytes = 256u << 20;

const std::string& place_of(const FolderOptions& own, const std::string& split) {
  if (split == "train") return own.train;
  return split == "val" ? own.val : own.test;
}

fs::path list_file(const DataOptions& options, const std::string& split) {
  const fs::path file = fs::path(options.root) / place_of(options.folder, split);
  return fs::is_regular_file(file) ? file : fs::path(file.string() + ".txt");
}

/// A line without surrounding blanks and without the suffix of image names.
std::string stem_of(std::string line, const FilesByStem& images, const std::string& suffix) {
  const auto last = line.find_last_not_of(" \t\r");
  if (last == std::string::npos) return {};
  line = line.substr(line.find_first_not_of(" \t"), last + 1 - line.find_first_not_of(" \t"));
  if (images.contains(line)) return line;
  if (suffix.empty()) return fs::path(line).replace_extension().generic_string();
  return line.ends_with(suffix) ? line.substr(0, line.size() - suffix.size()) : line;
}

std::set<std::string> read_list(const fs::path& file, const FilesByStem& images, const std::string& suffix) {
  std::istringstream lines(read_file(file, kMaxListBytes, ErrorKind::kData));
  std::set<std::string> stems;
  std::vector<std::string> missing;
  for (std::string line; std::getline(lines, line);) {
    const std::string stem = stem_of(line, images, suffix);
    if (stem.empty()) continue;
    if (!images.contains(stem)) missing.push_back(stem);
    if (!stems.insert(stem).second) throw Error(ErrorKind::kData, file.string() + ": '" + stem + "' is listed twice", "remove one of the lines");
  }
  if (missing.empty()) return stems;
  throw Error(ErrorKind::kData, file.string() + ": " + std::to_string(missing.size()) + " names without an image (" + first_ten(missing) + ")",
              "each line must be the path of an image below data.folder.images");
}

}  // namespace

Listing list_folder(const DataOptions& options, const ClassFile& classes, const std::string& split) {
  const FolderOptions& own = options.folder;
  const std::string hint = how_to_get("folder");
  const bool by_list = own.split == FolderSplit::kLists;
  const fs::path below = by_list ? fs::path() : fs::path(place_of(own, split));
  FilesByStem images = find_by_stem(fs::path(options.root) / own.images / below, own.image_suffix, hint);
  FilesByStem labels = find_by_stem(fs::path(options.root) / own.labels / below, own.label_suffix, hint);
  if (by_list) {
    const std::set<std::string> stems = read_list(list_file(options, split), images, own.image_suffix);
    for (FilesByStem* files : {&images, &labels}) std::erase_if(*files, [&](const auto& file) { return !stems.contains(file.first); });
  }
  Pairing pairing(options.root);
  pairing.add(images, labels);
  return {{},
          own.encoding == FolderEncoding::kIndex ? index_encoding(classes, options.train_void(), LabelEncoding::Source::kIndex)
                                                 : color_encoding(classes, options.train_void()),
          pairing.take()};
}

std::vector<std::string> folder_splits(const DataOptions& options) {
  std::vector<std::string> found;
  for (const std::string& split : all_splits()) {
    const fs::path folder = fs::path(options.root) / options.folder.images / place_of(options.folder, split);
    const bool exists = options.folder.split == FolderSplit::kLists ? fs::is_regular_file(list_file(options, split)) : fs::is_directory(folder);
    if (exists) found.push_back(split);
  }
  return found;
}

}  // namespace seg
