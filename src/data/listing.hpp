// Lists the files of one split of a data set and pairs them by name; no file may be left over.
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

/// Path by stem, which is the path relative to `folder` without the suffix; sorted bytewise.
using FilesByStem = std::map<std::string, std::filesystem::path>;

/// The error for a folder that does not exist in the data.
struct MissingFolder : Error {
  using Error::Error;
};

/// The files below `folder` whose names end in `suffix` or, if that is empty, in an image extension. Hidden files are
/// left out; links are followed, but no folder is entered twice. Throws MissingFolder, with `hint`, and kData for two
/// files with the same stem.
FilesByStem find_by_stem(const std::filesystem::path& folder, const std::string& suffix, const std::string& hint);

/// Whether the name has the extension of an image: .png, .jpg, ..., in upper or lower case.
bool has_image_extension(const std::filesystem::path& path);

/// Names of the sub-folders of `folder`, sorted. Throws MissingFolder with `hint`.
std::vector<std::string> folder_names(const std::filesystem::path& folder, const std::string& hint);

/// Collects pairs from several folders, and the files without a partner.
class Pairing {
 public:
  explicit Pairing(std::filesystem::path root) : root_(std::move(root)) {}

  void add(const FilesByStem& images, const FilesByStem& labels);
  /// The pairs, sorted bytewise by id. Throws kData with the number of files without a partner and the first ten names; logs the others, one line
  /// each.
  std::vector<FilePair> take();

 private:
  std::filesystem::path root_;
  std::vector<FilePair> pairs_;
  std::vector<std::string> lone_images_;
  std::vector<std::string> lone_labels_;
};

/// "a, b, c and 5 more": the first ten.
std::string first_ten(const std::vector<std::string>& names);

/// The hint of an error that says how to get a data set.
std::string how_to_get(const std::string& layout);

}  // namespace seg
