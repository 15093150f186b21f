#include "tensor_files/pickle.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#include "base/error.hpp"
#include "tensor_files/tensor_file.hpp"

namespace seg {

namespace {

static_assert(std::endian::native == std::endian::little, "numbers of a pickle are little-endian");

constexpr std::size_t kMaxValues = 500'000;  // about 20 per tensor
constexpr std::size_t kMaxMarks = 64;        // containers that are open at the same time
constexpr std::string_view kOrderedDict = "collections.OrderedDict";

}  // namespace

/// Runs the program of a pickle and collects its values in an array.
class PickleReader {
 public:
  using Id = Pickle::Id;
  using Kind = Pickle::Kind;
  using Value = Pickle::Value;

  PickleReader(Pickle& pickle, const std::string& source, std::span<const std::string_view> globals, const std::string& hint)
      : pickle_(pickle), source_(source), globals_(globals), hint_(hint) {}

  Id run() {
    while (true) {
      const auto operation = number<unsigned char>();
      if (operation == '.') break;
      if (!push_scalar(operation) && !build(operation)) throw defect("operation " + std::to_string(operation) + ", which weights never need");
    }
    if (stack_.size() != 1 || !marks_.empty()) throw defect("an end in the middle of a value");
    pickle_.size_ = position_;
    return stack_.front();
  }

 private:
  /// The operations that push a new value.
  bool push_scalar(unsigned char operation) {
    switch (operation) {
      case 'N':  // NONE
        return push({});
      case 0x88:  // NEWTRUE
        return push({.kind = Kind::kInteger, .integer = 1});
      case 0x89:  // NEWFALSE
        return push({.kind = Kind::kInteger, .integer = 0});
      case 'J':  // BININT
        return push({.kind = Kind::kInteger, .integer = number<std::int32_t>()});
      case 'K':  // BININT1
        return push({.kind = Kind::kInteger, .integer = number<std::uint8_t>()});
      case 'M':  // BININT2
        return push({.kind = Kind::kInteger, .integer = number<std::uint16_t>()});
      case 0x8a:  // LONG1
        return push({.kind = Kind::kInteger, .integer = long_number()});
      case 'G':  // BINFLOAT
        return number<std::uint64_t>(), push({});
      case 'X':  // BINUNICODE
        return push({.kind = Kind::kText, .text = take(number<std::uint32_t>())});
      case 'c':  // GLOBAL
        return push({.kind = Kind::kGlobal, .text = global()});
      case ')':  // EMPTY_TUPLE
        return push({.kind = Kind::kTuple});
      case ']':  // EMPTY_LIST
        return push({.kind = Kind::kList});
      case '}':  // EMPTY_DICT
        return push({.kind = Kind::kDict});
      default:
        return false;
    }
  }

  /// The operations on existing values.
  bool build(unsigned char operation) {
    switch (operation) {
      case 0x80:  // PROTO
        return check_protocol(number<std::uint8_t>());
      case '(':  // MARK
        return mark();
      case 't':  // TUPLE
        return push({.kind = Kind::kTuple, .items = since_mark()});
      case 0x85:  // TUPLE1
        return push({.kind = Kind::kTuple, .items = last(1)});
      case 0x86:  // TUPLE2
        return push({.kind = Kind::kTuple, .items = last(2)});
      case 0x87:  // TUPLE3
        return push({.kind = Kind::kTuple, .items = last(3)});
      case 'a':  // APPEND
        return extend(Kind::kList, last(1));
      case 'e':  // APPENDS
        return extend(Kind::kList, since_mark());
      case 's':  // SETITEM
        return extend(Kind::kDict, last(2));
      case 'u':  // SETITEMS
        return extend(Kind::kDict, since_mark());
      case 'R':  // REDUCE
        return call(last(2));
      case 'b':
        return last(1), extend(Kind::kDict, {});  // BUILD: attributes of an OrderedDict, such as PyTorch's _metadata; dropped
      case 'Q':                                   // BINPERSID
        return push({.kind = Kind::kPersistent, .items = last(1)});
      case 'q':  // BINPUT
        return remember(number<std::uint8_t>());
      case 'r':  // LONG_BINPUT
        return remember(number<std::uint32_t>());
      case 'h':  // BINGET
        return recall(number<std::uint8_t>());
      case 'j':  // LONG_BINGET
        return recall(number<std::uint32_t>());
      default:
        return false;
    }
  }

  std::string_view take(std::size_t count) {
    if (count > pickle_.bytes_.size() - position_) throw defect("a value that is longer than the rest of the pickle");
    return std::string_view(pickle_.bytes_).substr(std::exchange(position_, position_ + count), count);
  }

  template <class Number>
  Number number() {
    Number value{};
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }

  /// Two's complement, preceded by its number of bytes.
  std::int64_t long_number() {
    const std::string_view bytes = take(number<std::uint8_t>());
    std::int64_t value = 0;
    if (bytes.size() > sizeof value) throw defect("a number of more than 64 bits");
    if (!bytes.empty() && bytes.back() < 0) value = -1;  // sign extension
    std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }

  /// "module\nname\n" as "module.name".
  std::string_view global() {
    const std::size_t begin = position_;
    const std::size_t dot = line_end();
    pickle_.bytes_[dot] = '.';
    const std::string_view name = std::string_view(pickle_.bytes_).substr(begin, line_end() - begin);
    if (name != kOrderedDict && std::ranges::find(globals_, name) == globals_.end())
      throw Error(ErrorKind::kStorage, source_ + " contains more than tensors: reading it would have to run code: " + quoted_name(std::string(name)),
                  hint_);
    return name;
  }

  std::size_t line_end() {
    const std::size_t end = pickle_.bytes_.find('\n', position_);
    if (end == std::string::npos) throw defect("a name without an end");
    position_ = end + 1;
    return end;
  }

  bool check_protocol(int protocol) {
    if (protocol != 2) throw defect("protocol " + std::to_string(protocol) + ", but torch.save writes protocol 2 by default");
    return true;
  }

  bool push(Value value) {
    if (pickle_.values_.size() == kMaxValues) throw defect("more than " + std::to_string(kMaxValues) + " values");
    stack_.push_back(static_cast<Id>(pickle_.values_.size()));
    pickle_.values_.push_back(std::move(value));
    return true;
  }

  bool mark() {
    if (marks_.size() == kMaxMarks) throw defect("more than " + std::to_string(kMaxMarks) + " nested containers");
    marks_.push_back(stack_.size());
    return true;
  }

  /// Number of values above the last mark.
  std::size_t height() const { return stack_.size() - (marks_.empty() ? 0 : marks_.back()); }

  /// Takes the last `count` values off the stack.
  std::vector<Id> last(std::size_t count) {
    if (count > height()) throw defect("an operation without its values");
    std::vector<Id> ids(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return ids;
  }

  std::vector<Id> since_mark() {
    if (marks_.empty()) throw defect("the end of a container without its begin");
    std::vector<Id> ids = last(height());
    marks_.pop_back();
    return ids;
  }

  Value& top() {
    if (height() == 0) throw defect("an operation without its values");
    return pickle_.values_[stack_.back()];
  }

  bool extend(Kind kind, const std::vector<Id>& items) {
    Value& container = top();
    if (container.kind != kind || (kind == Kind::kDict && items.size() % 2 != 0)) throw defect("items for a value that cannot contain them");
    container.items.insert(container.items.end(), items.begin(), items.end());
    return true;
  }

  bool call(std::vector<Id> callee_and_arguments) {
    const Value& callee = pickle_.values_[callee_and_arguments[0]];
    const Value& arguments = pickle_.values_[callee_and_arguments[1]];
    if (callee.kind != Kind::kGlobal || arguments.kind != Kind::kTuple) throw defect("a call of a value that is not a function");
    if (callee.text != kOrderedDict) return push({.kind = Kind::kCall, .items = std::move(callee_and_arguments)});
    if (!arguments.items.empty()) throw defect("an OrderedDict with arguments");
    return push({.kind = Kind::kDict});
  }

  bool remember(std::size_t key) {
    if (key >= kMaxValues) throw defect("memo " + std::to_string(key));
    top();
    if (key >= memo_.size()) memo_.resize(key + 1, kNoId);
    memo_[key] = stack_.back();
    return true;
  }

  bool recall(std::size_t key) {
    if (key >= memo_.size() || memo_[key] == kNoId) throw defect("memo " + std::to_string(key) + ", which was never set");
    stack_.push_back(memo_[key]);
    return true;
  }

  Error defect(const std::string& what) const {
    return {ErrorKind::kStorage, source_ + ": its pickle holds " + what + " (before byte " + std::to_string(position_) + ")", hint_};
  }

  static constexpr Id kNoId = std::numeric_limits<Id>::max();

  Pickle& pickle_;
  const std::string& source_;
  std::span<const std::string_view> globals_;
  const std::string& hint_;
  std::size_t position_ = 0;
  std::vector<Id> stack_;
  std::vector<std::size_t> marks_;  // stack heights
  std::vector<Id> memo_;
};

Pickle::Pickle(std::string bytes, const std::string& source, std::span<const std::string_view> globals, const std::string& hint)
    : bytes_(std::move(bytes)) {
  root_ = PickleReader(*this, source, globals, hint).run();
}

const Pickle::Value* Pickle::find(const Value& dict, std::string_view key) const {
  if (dict.kind != Kind::kDict) return nullptr;
  for (std::size_t i = dict.items.size(); i > 0; i -= 2) {
    const Value& name = values_[dict.items[i - 2]];
    if (name.kind == Kind::kText && name.text == key) return &values_[dict.items[i - 1]];
  }
  return nullptr;
}

}  // namespace seg
