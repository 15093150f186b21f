// One YAML file with its bases, ${VAR} and overrides, read strictly into an options struct.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "config/fields.hpp"

namespace seg::config {

/// The merged tree. Every error names file:line:column (or "--set key"), says the nearest valid name, and is kConfiguration.
class Document {
 public:
  /// Reads `file` and, first, what its `base:` names (relative to the file; a base's values are overridden by the file's).
  /// `overrides` are "a.b=value" in YAML syntax, the last one wins. Errors: missing or unreadable file, over 1 MB, bad YAML,
  /// duplicate key, anchors and aliases, nesting over 20 levels, unset ${VAR}, a base cycle.
  static Document from_file(const std::filesystem::path& file, const std::vector<std::string>& overrides);
  /// The same for text that has no file, such as the configuration in a checkpoint; `source` names it in messages.
  static Document from_text(const std::string& text, const std::string& source, const std::vector<std::string>& overrides);

  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  /// Assigns what the document gives; the rest keeps its default. Errors: unknown key, wrong type, out of range, not a choice.
  template <class Options>
  void read_into(Options& options) const {
    const std::unique_ptr<Visitor> reader = make_reader();
    options.fields(*reader);
    finish(*reader);
  }

  /// "file:line:column" of a key such as "data.root" (or "--set data.root"); empty where the document does not give it.
  std::string position_of(const std::string& key) const;

 private:
  struct Tree;
  explicit Document(std::unique_ptr<Tree> tree);
  std::unique_ptr<Visitor> make_reader() const;
  static void finish(Visitor& reader);  // throws for keys nobody asked for

  std::unique_ptr<Tree> tree_;
};

}  // namespace seg::config
