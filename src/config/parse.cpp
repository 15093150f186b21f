#include "config/parse.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

#include "config/text.hpp"

namespace seg::config {
namespace {

// If the start has no line, it is the position of everything.
Position place_in(const Position& start, int line, int column) { return start.line > 0 ? Position{start.source, line, column} : start; }
// yaml-cpp counts from 0 and has no position for some errors.
Position place_in(const Position& start, const YAML::Mark& mark) { return place_in(start, std::max(mark.line, 0) + 1, std::max(mark.column, 0) + 1); }

class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const Position& start) : start_(start) {}

  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1)
      fail(place_in(start_, mark), "a second document starts here", "a configuration is one document: remove the line '---' or '...'");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(make(Node::Kind::kNull, mark, "?", anchor)); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { fail(place_in(start_, mark), "an alias (*name) is not allowed", kNoAliases); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
    Node node = make(Node::Kind::kScalar, mark, tag, anchor);
    node.text = value;
    node.plain = tag == "?";
    add(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(make(Node::Kind::kList, mark, tag, anchor));
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    open(make(Node::Kind::kMap, mark, tag, anchor));
  }
  void OnMapEnd() override { close(); }

 private:
  static constexpr const char* kNoAliases = "write the value in full, or share it through a base: file";

  // An incomplete list or map.
  struct Open {
    Node node;
    bool has_key = false;
    std::string key;  // the key whose value comes next
    std::map<std::string, Position> keys;
  };

  Node make(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) const {
    const Position position = place_in(start_, mark);
    if (anchor != 0) fail(position, "an anchor (&name) is not allowed", kNoAliases);
    // yaml-cpp's own marks: "?" plain, "!" quoted.
    if (!tag.empty() && tag != "?" && tag != "!")
      fail(position, "a tag (!name) is not allowed", "remove it; put text that looks like a number in quotes");
    Node node;
    node.kind = kind;
    node.position = position;
    return node;
  }

  bool wants_key() const { return !open_.empty() && open_.back().node.kind == Node::Kind::kMap && !open_.back().has_key; }

  void open(Node node) {
    if (wants_key()) fail(node.position, kind_name(node) + " cannot be a key", "a key is a name followed by a colon; maybe a bracket is not closed");
    if (open_.size() == kMaxDepth) fail(node.position, "nested deeper than " + std::to_string(kMaxDepth) + " levels", "no option lies that deep");
    open_.push_back({std::move(node), false, {}, {}});
  }

  void close() {
    Node node = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(node));
  }

  void add(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (wants_key()) {
      add_key(node);
    } else {
      Open& parent = open_.back();
      if (parent.has_key) {
        node.key_position = parent.keys.at(parent.key);
        node.key = std::move(parent.key);
        parent.has_key = false;
      }
      parent.node.children.push_back(std::move(node));
    }
  }

  void add_key(const Node& node) {
    if (node.kind != Node::Kind::kScalar) fail(node.position, "a key is missing before the colon", "a key is a name followed by a colon");
    Open& parent = open_.back();
    const auto [first, is_new] = parent.keys.emplace(node.text, node.position);
    if (!is_new)
      fail(node.position, "key " + in_quotes(node.text) + " is given twice", "first given at " + to_string(first->second) + "; remove one of them");
    parent.key = node.text;
    parent.has_key = true;
  }

  const Position& start_;
  std::vector<Open> open_;
  Node root_;
  int documents_ = 0;
};

// Line ends become '\n', so that line numbers are those of editors; a byte order mark is removed.
std::string normalized(const std::string& text) {
  std::string out;
  out.reserve(text.size());
  const std::size_t start = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  for (std::size_t i = start; i < text.size(); ++i) {
    if (text[i] != '\r') {
      out += text[i];
    } else if (i + 1 == text.size() || text[i + 1] != '\n') {
      out += '\n';
    }
  }
  return out;
}

// yaml-cpp treats the byte 4 as the end of the text and silently replaces bad UTF-8, so both are refused.
void check_characters(const std::string& text, const Position& start) {
  const std::size_t bad_utf8 = first_bad_utf8(text).value_or(text.size());
  int line = 1;
  int column = 1;
  for (std::size_t i = 0; i < text.size(); ++i, ++column) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (i == bad_utf8) fail(place_in(start, line, column), "this is not UTF-8 text", "save the file as UTF-8");
    if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7F) {
      fail(place_in(start, line, column), "control character " + std::to_string(c), "remove it, or write it as an escape in double quotes");
    }
    if (c == '\n') {
      ++line;
      column = 0;
    }
  }
}

}  // namespace

void too_large(const Position& position, std::uintmax_t bytes) {
  fail(position, "larger than 1 MB (" + std::to_string(bytes) + " bytes)", "this is not a configuration file");
}

Position start_of(std::string source) {
  std::ranges::replace_if(
      source, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return {std::make_shared<const std::string>(std::move(source)), 1, 1};
}

Node parse_yaml(std::string text, const Position& start) {
  if (text.size() > kMaxBytes) too_large(start, text.size());
  text = normalized(text);
  check_characters(text, start);
  TreeBuilder builder(start);
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    fail(place_in(start, error.mark), "bad YAML: " + shown(error.msg), "check the indentation (spaces, no tabs), colons, brackets and quotes there");
  }
  return builder.take();
}

}  // namespace seg::config
