#include "config/document.hpp"

#include <algorithm>
#include <limits>
#include <memory>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/nearest.hpp"
#include "config/convert.hpp"
#include "config/parse.hpp"
#include "config/text.hpp"

namespace seg::config {

namespace {

constexpr int kMaxFiles = 100;                              // the number of bases can double with each level
constexpr int kSetLayer = std::numeric_limits<int>::max();  // all --set options together

fs::path shipped(const fs::path& name) { return name.is_relative() ? find_shipped("configs" / name) : fs::path(); }

// `name` relative to `folder` (empty: the working directory), or else the shipped configs/`name`; empty if neither exists.
fs::path find_recipe(const fs::path& folder, const fs::path& name) {
  std::error_code ignored;
  fs::path beside = (folder / name).lexically_normal();
  return fs::exists(beside, ignored) ? beside : shipped(name);
}

// The recipe that the user probably meant by `name`, written in the same way; empty if nothing is near.
std::string near_recipe(const fs::path& folder, const fs::path& name) {
  const fs::path own = name.parent_path();
  const fs::path recipes = shipped(own);
  std::string near = recipes.empty() ? "" : nearest_file(recipes, name.filename().string());
  if (near.empty()) near = nearest_file(folder / own, name.filename().string());
  return near.empty() ? "" : (own / near).string();
}

Node parse_root(const std::string& text, const std::string& source) {
  Node root = parse_yaml(text, start_of(source));
  if (root.kind == Node::Kind::kNull) root.kind = Node::Kind::kMap;
  if (root.kind != Node::Kind::kMap) {
    fail(root.position, "expected keys, found " + kind_name(root), "a configuration has lines like 'name: value', with a space after the colon");
  }
  return root;
}

// Called before reading, so that the message is that for a text that is too large, with its position.
void check_size(const fs::path& file) {
  std::error_code none;
  if (const auto bytes = fs::file_size(file, none); !none && bytes > kMaxBytes) too_large(start_of(file.string()), bytes);
}

// Reads a file after its base files.
class FileReader {
 public:
  Node read(const fs::path& file) {
    check_size(file);
    Node own = parse_root(read_file(file, kMaxBytes, ErrorKind::kConfiguration), file.string());
    const auto base = std::find_if(own.children.begin(), own.children.end(), [](const Node& child) { return child.key == "base"; });
    if (base == own.children.end()) {
      set_layer(own, ++layers_);
      return own;
    }
    const Node names = std::move(*base);
    own.children.erase(base);

    open_.push_back(fs::weakly_canonical(file));
    Node merged;
    merged.kind = Node::Kind::kMap;
    const bool is_list = names.kind == Node::Kind::kList;
    for (const Node& name : is_list ? names.children : std::vector<Node>{names}) merge(merged, read_base(name, file, names.key_position));
    open_.pop_back();
    set_layer(own, ++layers_);
    merge(merged, std::move(own));
    return merged;
  }

 private:
  Node read_base(const Node& name, const fs::path& file, const Position& key_position) {
    const Position& position = name.kind == Node::Kind::kNull ? key_position : name.position;
    if (name.kind != Node::Kind::kScalar || name.text.empty()) {
      fail(position, "base: expected a file or a list of files, found " + (name.kind == Node::Kind::kScalar ? "nothing" : kind_name(name)),
           "write  base: other.yaml  or  base: [one.yaml, two.yaml]");
    }
    const fs::path wanted = expand(name, "base");
    const fs::path path = find_recipe(file.parent_path(), wanted);
    std::error_code none;
    if (!fs::is_regular_file(path, none)) no_base(wanted, file.parent_path(), position);
    const fs::path canonical = fs::weakly_canonical(path, none);
    if (std::find(open_.begin(), open_.end(), canonical) != open_.end()) {
      fail(position, "base: " + in_quotes(path.string()) + " has this file as its base, which makes a cycle", "remove one of the base: lines");
    }
    if (++files_ > kMaxFiles) fail(position, "base: more than " + std::to_string(kMaxFiles) + " files", "use fewer base files");
    return read(path);
  }

  [[noreturn]] static void no_base(const fs::path& wanted, const fs::path& folder, const Position& position) {
    const std::string near = near_recipe(folder, wanted);
    fail(position,
         "base: there is no file " + in_quotes((folder / wanted).lexically_normal().string()) +
             (wanted.is_relative() ? " and no shipped recipe " + in_quotes(wanted.string()) : ""),
         near.empty() ? "a base is searched in the folder of the file that names it, then among the shipped recipes"
                      : "did you mean " + in_quotes(near) + "?");
  }

  std::vector<fs::path> open_;  // from the first file to the file being read
  int files_ = 0;
  int layers_ = 0;
};

// "a.b=value" as the tree {a: {b: value}}.
Node parse_override(const std::string& text) {
  const std::size_t equals = text.find('=');
  const Position place{std::make_shared<const std::string>("--set " + shown(text))};
  if (equals == std::string::npos) fail(place, "there is no '='", "write --set KEY=VALUE, such as --set train.batch_size=4");
  const std::string path = text.substr(0, equals);
  const auto segments = static_cast<std::size_t>(std::count(path.begin(), path.end(), '.')) + 1;
  if (segments > kMaxDepth) fail(place, "nested deeper than " + std::to_string(kMaxDepth) + " levels", "no option is nested that deep");

  Node node = parse_yaml(text.substr(equals + 1), place);
  if (equals + 1 == text.size()) {  // "--set name=" is empty text
    node.kind = Node::Kind::kScalar;
    node.plain = false;
  }
  node.position = place;
  // Puts a map around each name, from the last one to the first.
  for (std::string names = path;;) {
    const std::size_t dot = names.rfind('.');
    node.key = names.substr(dot == std::string::npos ? 0 : dot + 1);
    node.key_position = place;
    if (node.key.empty()) fail(place, "a name is missing before '=' or beside '.'", "write --set KEY=VALUE, such as --set train.batch_size=4");
    Node parent;
    parent.kind = Node::Kind::kMap;
    parent.position = place;
    parent.from_path = true;
    parent.children.push_back(std::move(node));
    node = std::move(parent);
    if (dot == std::string::npos) return node;
    names.resize(dot);
  }
}

void apply(Node& root, const std::vector<std::string>& overrides) {
  for (const std::string& text : overrides) {
    Node given = parse_override(text);
    set_layer(given, kSetLayer);
    merge(root, std::move(given));
  }
}

}  // namespace

Document Document::from_file(const fs::path& file, const std::vector<std::string>& overrides) {
  const fs::path found = find_recipe({}, file);
  if (found.empty()) {
    const std::string near = near_recipe({}, file);
    throw Error(ErrorKind::kConfiguration, "no configuration file " + file.string(),
                near.empty() ? "give a path, or the name of a shipped recipe such as synthia_recall.yaml or camvid_ce.yaml"
                             : "did you mean the recipe " + near + "?");
  }
  Node root = FileReader().read(found);
  apply(root, overrides);
  return Document(std::move(root));
}

Document Document::from_text(const std::string& text, const std::string& source, const std::vector<std::string>& overrides) {
  Node root = parse_root(text, source);
  if (const Node* base = root.find("base")) fail(base->key_position, "base: is allowed only in files", "write the keys of the base here");
  apply(root, overrides);
  return Document(std::move(root));
}

std::string Document::position_of(const std::string& key) const {
  const Node* node = &root_;
  for (std::size_t begin = 0; node != nullptr && begin <= key.size();) {
    const std::size_t end = std::min(key.find('.', begin), key.size());
    node = node->find(key.substr(begin, end - begin));
    begin = end + 1;
  }
  return node == nullptr ? "" : to_string(node->key_position);
}

}  // namespace seg::config
