// The files of one split of a data set: found, paired by name, none left over.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/classes.hpp"
#include "base/error.hpp"
#include "data/label_encoding.hpp"

namespace seg {

struct FilePair {
  std::filesystem::path image;
  std::filesystem::path labels;
  std::string id;  // the image's path relative to the data set's root, without extension
};

struct Listing {
  ClassTable classes;
  LabelEncoding encoding;
  std::vector<FilePair> pairs;
};

/// Path by stem: the path relative to `folder` less the suffix; sorted bytewise.
using FilesByStem = std::map<std::string, std::filesystem::path>;

/// There is no such folder in the data.
struct MissingFolder : Error {
  using Error::Error;
};

/// The files below `folder` whose names end in `suffix` or, where that is empty, in an image extension. Hidden files are
/// left out; links are followed, but no folder is entered twice. Throws kData (MissingFolder, with `hint`) and for two
/// files of one stem.
FilesByStem find_by_stem(const std::filesystem::path& folder, const std::string& suffix, const std::string& hint);

/// Whether the name ends like that of an image: .png, .jpg, ..., in any case.
bool has_image_extension(const std::filesystem::path& path);

/// Sub-folders of `folder`, by name, sorted. Throws MissingFolder with `hint`.
std::vector<std::string> folder_names(const std::filesystem::path& folder, const std::string& hint);

/// Collects pairs over several folders, and what stayed alone.
class Pairing {
 public:
  explicit Pairing(std::filesystem::path root) : root_(std::move(root)) {}

  void add(const FilesByStem& images, const FilesByStem& labels);
  /// The pairs, sorted bytewise by id. Throws kData with the number of orphans and the first ten names; the log
  /// has the others, a line each.
  std::vector<FilePair> take();

 private:
  std::filesystem::path root_;
  std::vector<FilePair> pairs_;
  std::vector<std::string> lone_images_;
  std::vector<std::string> lone_labels_;
};

/// "a, b, c and 5 more": the first ten.
std::string first_ten(const std::vector<std::string>& names);

/// How to get a data set, as the hint of an error.
std::string how_to_get(const std::string& layout);

}  // namespace seg
