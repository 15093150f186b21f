#include "data/class_table.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>
#include <string>

#include "base/error.hpp"
#include "base/files.hpp"

namespace seg {
namespace {

constexpr std::uintmax_t kMaxFileBytes = 1 << 20;
constexpr std::int64_t kMaxFileId = 65535;

class Reader {
 public:
  explicit Reader(const fs::path& path) { file_.path = path; }

  ClassFile read() {
    const YAML::Node root = parse();
    const std::map<std::string, YAML::Node> keys = keys_of(root, {"classes", "void", "ignore"});
    if (!keys.contains("classes")) refuse(root, "the key 'classes' is missing");
    for (const YAML::Node& entry : items_of(keys.at("classes"))) file_.classes.push_back(read_class(entry, {"name", "id", "color"}));
    if (file_.classes.empty()) refuse(keys.at("classes"), "there is no class");
    if (keys.contains("void")) {
      for (const YAML::Node& entry : items_of(keys.at("void"))) file_.voids.push_back(read_void(entry));
    }
    if (keys.contains("ignore")) {
      for (const YAML::Node& entry : items_of(keys.at("ignore"))) file_.ignore.push_back(read_id(entry));
    }
    const std::size_t count = file_.classes.size() + file_.voids.size();
    if (count > kMaxClasses) refuse(root, std::to_string(count) + " classes are more than " + std::to_string(kMaxClasses));
    return file_;
  }

 private:
  [[noreturn]] void refuse(const YAML::Mark& mark, const std::string& defect) const {
    const std::string place = mark.is_null() ? "" : ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1);
    throw Error(ErrorKind::kConfiguration, file_.path.string() + place + ": " + defect, "data/README.md says how to write a class table");
  }
  [[noreturn]] void refuse(const YAML::Node& node, const std::string& defect) const { refuse(node.Mark(), defect); }

  YAML::Node parse() const {
    const std::string text = read_file(file_.path, kMaxFileBytes, ErrorKind::kConfiguration);
    try {
      return YAML::Load(text);
    } catch (const YAML::Exception& error) {
      refuse(error.mark, error.msg);
    }
  }

  std::map<std::string, YAML::Node> keys_of(const YAML::Node& node, const std::vector<std::string>& known) const {
    if (!node.IsMap()) refuse(node, "expected a map");
    std::map<std::string, YAML::Node> keys;
    for (const auto& pair : node) {
      const std::string key = pair.first.IsScalar() ? pair.first.Scalar() : "";
      if (std::find(known.begin(), known.end(), key) == known.end()) refuse(pair.first, "unknown key '" + key + "'");
      if (!keys.emplace(key, pair.second).second) refuse(pair.first, "the key '" + key + "' is given twice");
    }
    return keys;
  }

  std::vector<YAML::Node> items_of(const YAML::Node& node) const {
    if (!node.IsSequence()) refuse(node, "expected a list");
    return {node.begin(), node.end()};
  }

  std::int64_t read_number(const YAML::Node& node, std::int64_t largest) const {
    std::int64_t value = -1;
    if (!node.IsScalar() || !YAML::convert<std::int64_t>::decode(node, value) || value < 0 || value > largest) {
      refuse(node, "expected a whole number in 0 .. " + std::to_string(largest));
    }
    return value;
  }

  std::int64_t read_id(const YAML::Node& node) {
    const std::int64_t id = read_number(node, kMaxFileId);
    if (!ids_.insert(id).second) refuse(node, "the id " + std::to_string(id) + " is given twice");
    return id;
  }

  ClassInfo read_class(const YAML::Node& node, const std::vector<std::string>& known) {
    const std::map<std::string, YAML::Node> keys = keys_of(node, known);
    for (const char* key : {"name", "id", "color"}) {
      if (!keys.contains(key)) refuse(node, std::string("the key '") + key + "' is missing");
    }
    ClassInfo info;
    const YAML::Node& name = keys.at("name");
    info.name = name.IsScalar() ? name.Scalar() : "";
    if (info.name.empty()) refuse(name, "expected a name");
    if (!names_.insert(info.name).second) refuse(name, "the name '" + info.name + "' is given twice");
    info.file_id = read_id(keys.at("id"));
    const std::vector<YAML::Node> channels = items_of(keys.at("color"));
    if (channels.size() != 3) refuse(keys.at("color"), "expected three numbers: red, green, blue");
    for (std::size_t i = 0; i < 3; ++i) info.color[i] = static_cast<std::uint8_t>(read_number(channels[i], 255));
    if (!colors_.insert(info.color).second) refuse(keys.at("color"), "this color is given twice");
    return info;
  }

  VoidClass read_void(const YAML::Node& node) {
    VoidClass entry{read_class(node, {"name", "id", "color", "train_id"})};
    const YAML::Node place = node["train_id"];
    if (place) entry.train_id = read_number(place, kMaxClasses - 1);
    return entry;
  }

  ClassFile file_;
  std::set<std::string> names_;
  std::set<std::int64_t> ids_;
  std::set<std::array<std::uint8_t, 3>> colors_;
};

/// Void entries with a place, in the order of places: each is put in front of what stands there, so that all end where they say.
std::vector<VoidClass> in_order_of_place(std::vector<VoidClass> voids) {
  const auto place = [](const VoidClass& entry) { return entry.train_id < 0 ? std::int64_t{kMaxClasses} : entry.train_id; };
  std::stable_sort(voids.begin(), voids.end(), [&](const VoidClass& a, const VoidClass& b) { return place(a) < place(b); });
  return voids;
}

}  // namespace

ClassFile read_class_file(const fs::path& path) { return Reader(path).read(); }

ClassTable class_table(const ClassFile& file, bool train_void) {
  ClassTable table = file.classes;
  if (!train_void) return table;
  if (file.voids.empty()) {
    throw Error(ErrorKind::kConfiguration, file.path.string() + ": data.void is 'train', but the class table has no void entry",
                "add one under 'void:', or set data.void: ignore");
  }
  for (const VoidClass& entry : in_order_of_place(file.voids)) {
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
