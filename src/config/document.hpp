// Reads one YAML file with its bases, ${VAR} and overrides strictly into an options struct.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "config/node.hpp"
#include "config/reader.hpp"

namespace seg::config {

/// The merged tree. Every error is kConfiguration and contains file:line:column (or "--set key=value") and the nearest valid name.
///
/// Merging: blocks are merged key by key; single values and lists are replaced. A map<string, double> field is one value: the last file that
/// sets it sets all of it (class weights of two files do not mix), while "--set loss.weights.road=2" changes only that entry.
/// A key without a value is an empty block or map; for any other field it is an error. If two fields are alternatives (train.epochs,
/// train.iterations), a later layer that sets one of them drops the other from the earlier layers; all --set options are one layer.
///
/// ${VAR}, ${VAR:-default} and ${VAR:?advice} (shown if VAR is unset or empty) work in all values; "$$" is a dollar sign. A variable is looked up
/// when its value is read, so an unset variable is no error if a later file or an override replaces the value.
class Document {
 public:
  /// Reads `file`, which is a path or a shipped recipe (configs/ of the program), after the files of its `base:`. A base is a file or a list of
  /// files, relative to the file or shipped recipes; later ones override earlier ones, and the file overrides all. `overrides` are "a.b=value" in
  /// YAML syntax, the last one wins; "a.b=" is empty text. Errors: missing or unreadable file, over 1 MB, bad YAML, duplicate key, anchors, aliases
  /// and tags, more than one document, nesting over 20 levels, a base cycle.
  static Document from_file(const std::filesystem::path& file, const std::vector<std::string>& overrides);
  /// The same for text without a file, such as the configuration in a checkpoint; it can have no base. `source` names it in messages.
  static Document from_text(const std::string& text, const std::string& source, const std::vector<std::string>& overrides);

  /// Assigns the values of the document; all other fields keep their defaults. Errors: unknown key, wrong type, out of range, not a choice, unset
  /// ${VAR}. A Size is [height, width] or HEIGHTxWIDTH.
  template <class Options>
  void read_into(Options& options) const {
    read_fields(root_, fields_of(options));
  }

  /// "file:line:column" of a key such as "data.root" (or "--set data.root=value"); empty if the document does not set it.
  std::string position_of(const std::string& key) const;

 private:
  explicit Document(Node root) : root_(std::move(root)) {}

  Node root_;
};

}  // namespace seg::config
