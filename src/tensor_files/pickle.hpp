// Reads a Python pickle of protocol 2 as plain data: imports, calls and assignments are recorded, but never executed.
//
// Format (https://docs.python.org/3/library/pickletools.html): a program for a machine with a stack of values, marks in the stack, and a
// memo of values by number. Only the operations are known that torch.save needs for numbers, text, tuples, lists, dictionaries, named calls
// and persistent ids. Any other operation is an error, and so is a name that the caller does not know.
//
// All values are in one array and refer to each other by index, so that sharing and cycles cost nothing and nesting, however deep, cannot
// exhaust the process's stack. Memory: the pickle and a constant.
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
    kNothing,     // None; also floating-point numbers, which no reader needs
    kInteger,     // also booleans
    kText,        // UTF-8, unchecked
    kTuple,       // items
    kList,        // items
    kDict,        // key, value, key, value, ...; a plain one or an OrderedDict
    kGlobal,      // text: "module.name"
    kCall,        // items: the global, the tuple of its arguments
    kPersistent,  // items: the id of an object outside of the pickle
  };
  struct Value {
    Kind kind = Kind::kNothing;
    std::int64_t integer = 0;
    std::string_view text = {};
    std::vector<Id> items = {};
  };

  /// bytes: begins with the pickle; bytes after its end are ignored. source: the name of the file, for messages. globals: the names that the pickle
  /// may import and call ("torch._utils._rebuild_tensor_v2"); "collections.OrderedDict" is always known. Throws kStorage with `hint`.
  Pickle(std::string bytes, const std::string& source, std::span<const std::string_view> globals, const std::string& hint);
  Pickle(const Pickle&) = delete;  // texts point into the bytes
  Pickle& operator=(const Pickle&) = delete;

  const Value& root() const { return values_[root_]; }
  const Value& operator[](Id id) const { return values_[id]; }
  /// All values, including those that do not belong to the root.
  const std::vector<Value>& values() const { return values_; }
  /// Length of the pickle in bytes; `bytes` may have been longer.
  std::size_t size() const { return size_; }
  /// The value for a text key; the last if there are several, nullptr if there is none or `dict` is not a dictionary.
  const Value* find(const Value& dict, std::string_view key) const;

 private:
  friend class PickleReader;

  std::string bytes_;
  std::vector<Value> values_;
  std::size_t size_ = 0;
  Id root_ = 0;
};

}  // namespace seg
