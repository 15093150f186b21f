// A Python pickle of protocol 2 as plain data: what it would import, call and set is recorded, nothing is ever done.
//
// Format (https://docs.python.org/3/library/pickletools.html): the program of a machine with a stack of values, marks in it, and a
// memo of values by number. Known are the operations that torch.save needs for numbers, text, tuples, lists, dictionaries, named calls
// and persistent ids; any other ends the reading. So does a name that the caller does not know.
//
// Values live in one array and name each other by their place in it, so that sharing and cycles cost nothing and no depth of nesting can
// exhaust the stack of the process. Memory: the pickle and a constant.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace seg {

class Pickle {
 public:
  using Id = std::uint32_t;
  enum class Kind {
    kNothing,     // None; also floating-point numbers, which no reader of ours wants
    kInteger,     // and booleans
    kText,        // UTF-8, unchecked
    kTuple,       // items
    kList,        // items
    kDict,        // key, value, key, value, ...; a plain one or an OrderedDict
    kGlobal,      // text: "module.name"
    kCall,        // items: the global, the tuple of its arguments
    kPersistent,  // items: the id, by which the pickle's surroundings know an object
  };
  struct Value {
    Kind kind = Kind::kNothing;
    std::int64_t integer = 0;
    std::string_view text = {};
    std::vector<Id> items = {};
  };

  /// bytes: a pickle from the first byte on; what follows its end is left alone. source: the name of the file, for messages. globals: the names that
  /// may be imported and called ("torch._utils._rebuild_tensor_v2"); "collections.OrderedDict" is always known. Throws kStorage with `hint`.
  Pickle(std::string bytes, const std::string& source, std::span<const std::string_view> globals, const std::string& hint);
  Pickle(const Pickle&) = delete;  // texts point into the bytes
  Pickle& operator=(const Pickle&) = delete;

  const Value& root() const { return values_[root_]; }
  const Value& operator[](Id id) const { return values_[id]; }
  /// All of them, whether they belong to the root or not.
  const std::vector<Value>& values() const { return values_; }
  /// How many bytes the pickle took; what was given may have more.
  std::size_t size() const { return size_; }
  /// The value under a key of text; the last if there are several, nullptr if there is none or `dict` is no dictionary.
  const Value* find(const Value& dict, std::string_view key) const;

 private:
  friend class PickleReader;

  std::string bytes_;
  std::vector<Value> values_;
  std::size_t size_ = 0;
  Id root_ = 0;
};

}  // namespace seg
