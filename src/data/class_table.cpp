#include "data/class_table.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/nearest.hpp"
#include "config/parse.hpp"
#include "config/text.hpp"

namespace seg {
namespace {

constexpr std::int64_t kMaxFileId = 65535;

using config::Node;

class Reader {
 public:
  explicit Reader(const fs::path& path) { file_.path = path; }

  ClassFile read() {
    const Node root = config::parse_yaml(text(), config::start_of(file_.path.string()));
    check_keys(root, {"classes", "void", "ignore"});
    for (const Node& entry : items_of(required(root, "classes"))) file_.classes.push_back(read_class(entry, {"name", "id", "color"}));
    if (file_.classes.empty()) refuse(required(root, "classes"), "the list of classes is empty");
    if (const Node* voids = root.find("void")) {
      for (const Node& entry : items_of(*voids)) file_.voids.push_back(read_void(entry));
    }
    if (const Node* ignored = root.find("ignore")) {
      for (const Node& entry : items_of(*ignored)) file_.ignore.push_back(read_id(entry));
    }
    const std::size_t count = file_.classes.size() + file_.voids.size();
    if (count > kMaxClasses) refuse(root, std::to_string(count) + " classes, but at most " + std::to_string(kMaxClasses) + " are allowed");
    return file_;
  }

 private:
  std::string text() const {
    std::error_code ignored;
    if (!fs::exists(file_.path, ignored)) {
      const std::string near = nearest_file(file_.path.parent_path(), file_.path.filename().string());
      throw Error(ErrorKind::kConfiguration, "there is no class table " + file_.path.string(),
                  near.empty() ? "check the path in data.classes" : "did you mean " + (file_.path.parent_path() / near).string() + "?");
    }
    return read_file(file_.path, config::kMaxBytes, ErrorKind::kConfiguration);
  }

  [[noreturn]] static void refuse(const Node& node, const std::string& defect) {
    config::fail(node.position, defect, "data/README.md explains how to write a class table");
  }

  static void check_keys(const Node& node, const std::vector<std::string>& known) {
    if (node.kind != Node::Kind::kMap) refuse(node, "expected a map");
    for (const Node& child : node.children) {
      if (std::find(known.begin(), known.end(), child.key) != known.end()) continue;
      const std::string near = nearest(child.key, known);
      config::fail(child.key_position, "unknown key " + config::in_quotes(child.key),
                   near.empty() ? "the allowed keys are " + config::joined(known) : "did you mean " + config::in_quotes(near) + "?");
    }
  }

  static const Node& required(const Node& node, const std::string& key) {
    const Node* child = node.find(key);
    if (child == nullptr) refuse(node, "the key '" + key + "' is missing");
    return *child;
  }

  static const std::vector<Node>& items_of(const Node& node) {
    if (node.kind != Node::Kind::kList) refuse(node, "expected a list");
    return node.children;
  }

  static std::int64_t read_number(const Node& node, std::int64_t largest) {
    std::int64_t value = -1;
    const bool is_number = node.kind == Node::Kind::kScalar && node.plain && config::parse_scalar(node.text, value).empty();
    if (!is_number || value < 0 || value > largest) refuse(node, "expected a whole number in 0 .. " + std::to_string(largest));
    return value;
  }

  std::int64_t read_id(const Node& node) {
    const std::int64_t id = read_number(node, kMaxFileId);
    if (!ids_.insert(id).second) refuse(node, "the id " + std::to_string(id) + " is given twice");
    return id;
  }

  ClassInfo read_class(const Node& node, const std::vector<std::string>& known) {
    check_keys(node, known);
    const Node &name = required(node, "name"), &id = required(node, "id"), &color = required(node, "color");
    ClassInfo info;
    info.name = name.text;  // empty unless the node is a single value
    if (info.name.empty()) refuse(name, "expected a name");
    if (!names_.insert(info.name).second) refuse(name, "the name " + config::in_quotes(info.name) + " is given twice");
    info.file_id = read_id(id);
    const std::vector<Node>& channels = items_of(color);
    if (channels.size() != 3) refuse(color, "expected three numbers: red, green, blue");
    for (std::size_t i = 0; i < 3; ++i) info.color[i] = static_cast<std::uint8_t>(read_number(channels[i], 255));
    if (!colors_.insert(info.color).second) refuse(color, "this color is given twice");
    return info;
  }

  VoidClass read_void(const Node& node) {
    VoidClass entry{read_class(node, {"name", "id", "color", "train_id"})};
    if (const Node* place = node.find("train_id")) entry.train_id = read_number(*place, kMaxClasses - 1);
    return entry;
  }

  ClassFile file_;
  std::set<std::string> names_;
  std::set<std::int64_t> ids_;
  std::set<std::array<std::uint8_t, 3>> colors_;
};

}  // namespace

ClassFile read_class_file(const fs::path& path) { return Reader(path).read(); }

ClassTable class_table(const ClassFile& file, bool train_void) {
  ClassTable table = file.classes;
  if (!train_void) return table;
  if (file.voids.empty()) {
    throw Error(ErrorKind::kConfiguration, file.path.string() + ": data.void is 'train', but the class table has no void entry",
                "add one under 'void:', or set data.void: ignore");
  }
  // Inserted in the order of their positions, so that all end up at the positions they ask for.
  std::vector<VoidClass> voids = file.voids;
  std::ranges::stable_sort(voids, {}, [](const VoidClass& entry) { return entry.train_id < 0 ? std::int64_t{kMaxClasses} : entry.train_id; });
  for (const VoidClass& entry : voids) {
    const auto size = static_cast<std::int64_t>(table.size());
    table.insert(table.begin() + (entry.train_id < 0 ? size : std::min(entry.train_id, size)), entry.info);
  }
  return table;
}

std::map<std::int64_t, std::uint8_t> train_ids(const ClassFile& file, bool train_void) {
  std::map<std::int64_t, std::uint8_t> ids;
  for (const VoidClass& entry : file.voids) ids[entry.info.file_id] = kIgnoreLabel;
  const ClassTable table = class_table(file, train_void);
  for (std::size_t i = 0; i < table.size(); ++i) ids[table[i].file_id] = static_cast<std::uint8_t>(i);
  for (const std::int64_t id : file.ignore) ids[id] = train_void ? ids.at(file.voids.front().info.file_id) : kIgnoreLabel;
  return ids;
}

}  // namespace seg
