// One YAML file with its bases, ${VAR} and overrides, read strictly into an options struct.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "config/node.hpp"
#include "config/reader.hpp"

namespace seg::config {

/// The merged tree. Every error is kConfiguration, names file:line:column (or "--set key=value") and says the nearest valid name.
///
/// Merging: blocks go key by key; single values and lists replace. A map<string, double> field is one value: the last file that
/// gives it gives all of it (class weights of two files do not mix), while "--set loss.weights.road=2" changes that one entry.
/// A key with nothing after it is an empty block or map; for any other field it is an error. Where a field stands instead of another
/// (train.epochs, train.iterations), the later layer that sets one of them drops the other of the earlier layers; all --set are one layer.
///
/// ${VAR}, ${VAR:-default} and ${VAR:?advice} (told where VAR is unset or empty) work in all values, "$$" is a dollar sign. A
/// variable is looked up when its value is read, so an unset one harms only where no file above and no override gives another value.
class Document {
 public:
  /// Reads `file`, as given or a shipped recipe (configs/ of the program), and, first, what its `base:` names: a file or a list of them, relative to
  /// the file or shipped recipes, the later over the earlier and the file over all. `overrides` are "a.b=value" in YAML syntax, the last one wins;
  /// "a.b=" is empty text. Errors: missing or unreadable file, over 1 MB, bad YAML, duplicate key, anchors, aliases and tags, more than one document,
  /// nesting over 20 levels, a base cycle.
  static Document from_file(const std::filesystem::path& file, const std::vector<std::string>& overrides);
  /// The same for text that has no file, such as the configuration in a checkpoint, and so no base; `source` names it in messages.
  static Document from_text(const std::string& text, const std::string& source, const std::vector<std::string>& overrides);

  /// Assigns what the document gives; the rest keeps its default. Errors: unknown key, wrong type, out of range, not a choice, unset ${VAR}.
  /// A Size is [height, width] or HEIGHTxWIDTH.
  template <class Options>
  void read_into(Options& options) const {
    read_fields(root_, fields_of(options));
  }

  /// "file:line:column" of a key such as "data.root" (or "--set data.root=value"); empty where the document does not give it.
  std::string position_of(const std::string& key) const;

 private:
  explicit Document(Node root) : root_(std::move(root)) {}

  Node root_;
};

}  // namespace seg::config
