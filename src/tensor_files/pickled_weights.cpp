#include "tensor_files/pickled_weights.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "tensor_files/tensor_file.hpp"

namespace seg {

const std::string kConvertPth =
    "use another copy, or if you trust the file, convert it with PyTorch 1.13 or newer: python3 -c \"import torch; d = torch.load('old.pth', 'cpu', "
    "weights_only=False); "
    "d = d.get('state_dict', d.get('model', d)) if isinstance(d, dict) else d; d = d if isinstance(d, dict) else d.state_dict(); "
    "torch.save({k: v for k, v in d.items() if torch.is_tensor(v)}, 'new.pth')\"";

namespace {

using Value = Pickle::Value;
using Kind = Pickle::Kind;

constexpr std::string_view kRebuildTensor = "torch._utils._rebuild_tensor_v2";
constexpr std::string_view kRebuildOldTensor = "torch._utils._rebuild_tensor";  // before PyTorch 0.4; without the arguments after the strides
constexpr std::string_view kParameter = "torch._utils._rebuild_parameter";
constexpr std::array<std::pair<std::string_view, const char*>, 10> kStorages = {{{"torch.DoubleStorage", "F64"},
                                                                                 {"torch.FloatStorage", "F32"},
                                                                                 {"torch.HalfStorage", "F16"},
                                                                                 {"torch.BFloat16Storage", "BF16"},
                                                                                 {"torch.LongStorage", "I64"},
                                                                                 {"torch.IntStorage", "I32"},
                                                                                 {"torch.ShortStorage", "I16"},
                                                                                 {"torch.CharStorage", "I8"},
                                                                                 {"torch.ByteStorage", "U8"},
                                                                                 {"torch.BoolStorage", "BOOL"}}};
constexpr std::array<std::string_view, 6> kWeightKeys = {"state_dict", "model_state", "model_state_dict", "model", "network", "net"};

/// Reads the parts of tensors and storages; error messages name the tensor or storage.
class Parser {
 public:
  Parser(const Pickle& pickle, const std::string& source) : pickle_(pickle), source_(source) {}

  PickledTensor tensor(std::string_view name, const Value& value) {
    owner_ = "tensor " + quoted_name(std::string(name));
    if (name.size() > kMaxNameBytes || std::ranges::any_of(name, [](unsigned char c) { return c < ' ' || c == 0x7f; }))
      throw pth_defect(source_, "a tensor has the name " + quoted_name(std::string(name)));
    const Value& call = value.kind == Kind::kCall && callee(value) == kParameter ? argument(value, 0, Kind::kCall) : value;
    if (callee(call) != kRebuildTensor && callee(call) != kRebuildOldTensor) throw bad("it is made by " + std::string(callee(call)));
    PickledTensor tensor{.name = std::string(name), .storage = storage_of(argument(call, 0, Kind::kPersistent))};
    tensor.offset = count(argument(call, 1, Kind::kInteger));
    tensor.shape = counts(argument(call, 2, Kind::kTuple));
    tensor.strides = counts(argument(call, 3, Kind::kTuple));
    if (tensor.shape.size() != tensor.strides.size()) throw bad("its shape and its strides have different lengths");
    return tensor;
  }

  PickledStorage storage(const Value& persistent) {
    owner_ = "a storage";
    return storage_of(persistent);
  }

 private:
  /// ("storage", type, key, device, number of elements[, the storage of which this one is a part])
  PickledStorage storage_of(const Value& persistent) const {
    const Value& id = item(persistent, 0, Kind::kTuple);
    if (item(id, 0, Kind::kText).text != "storage") throw bad("its memory is not a storage");
    const std::string_view type = item(id, 1, Kind::kGlobal).text;
    const auto known = std::ranges::find(kStorages, type, [](const auto& entry) { return entry.first; });
    if (known == kStorages.end()) throw bad("its memory is a " + std::string(type));
    if (id.items.size() > 5 && pickle_[id.items[5]].kind != Kind::kNothing)
      throw bad("its memory is part of another storage, which only PyTorch before 0.4 wrote");
    return {std::string(item(id, 2, Kind::kText).text), known->second, count(item(id, 4, Kind::kInteger))};
  }

  const Value& item(const Value& owner, std::size_t index, Kind kind) const {
    if (index >= owner.items.size() || pickle_[owner.items[index]].kind != kind) throw bad("its description differs from that of torch.save");
    return pickle_[owner.items[index]];
  }

  const Value& argument(const Value& call, std::size_t index, Kind kind) const { return item(item(call, 1, Kind::kTuple), index, kind); }
  std::string_view callee(const Value& call) const { return item(call, 0, Kind::kGlobal).text; }

  std::int64_t count(const Value& value) const {
    if (value.integer < 0) throw bad("it has the negative count " + std::to_string(value.integer));
    return value.integer;
  }

  std::vector<std::int64_t> counts(const Value& tuple) const {
    if (tuple.items.size() > kMaxExtents) throw bad("it has " + std::to_string(tuple.items.size()) + " axes");
    std::vector<std::int64_t> all;
    all.reserve(tuple.items.size());
    for (std::size_t i = 0; i < tuple.items.size(); ++i) all.push_back(count(item(tuple, i, Kind::kInteger)));
    return all;
  }

  Error bad(const std::string& what) const { return pth_defect(source_, owner_ + ": " + what); }

  const Pickle& pickle_;
  const std::string& source_;
  std::string owner_;
};

/// The tensors of a dictionary by name; empty if `dict` is not a dictionary of tensors.
std::map<std::string_view, const Value*> tensors_in(const Pickle& pickle, const Value* dict) {
  std::map<std::string_view, const Value*> found;
  if (dict == nullptr || dict->kind != Kind::kDict) return found;
  for (std::size_t i = 0; i < dict->items.size(); i += 2) {
    const Value& name = pickle[dict->items[i]];
    const Value& value = pickle[dict->items[i + 1]];
    if (name.kind == Kind::kText && value.kind == Kind::kCall) found[name.text] = &value;
  }
  return found;
}

}  // namespace

Error pth_defect(const std::string& source, const std::string& what) {
  return {ErrorKind::kStorage, source + " is not a PyTorch file that segtrain can read: " + what, kConvertPth};
}

std::span<const std::string_view> torch_globals() {
  static const auto names = [] {
    std::vector<std::string_view> all{kRebuildTensor, kRebuildOldTensor, kParameter};
    all.reserve(all.size() + kStorages.size());
    for (const auto& [name, dtype] : kStorages) all.push_back(name);
    return all;
  }();
  return names;
}

std::vector<PickledTensor> pickled_weights(const Pickle& pickle, const std::string& source) {
  std::map<std::string_view, const Value*> found;
  for (const std::string_view key : kWeightKeys)
    if (found.empty()) found = tensors_in(pickle, pickle.find(pickle.root(), key));
  if (found.empty()) found = tensors_in(pickle, &pickle.root());
  if (found.empty()) throw pth_defect(source, "it contains no dictionary of named tensors, neither at the top level nor under state_dict or model");
  Parser parser(pickle, source);
  std::vector<PickledTensor> tensors;
  tensors.reserve(found.size());
  for (const auto& [name, value] : found) tensors.push_back(parser.tensor(name, *value));
  return tensors;
}

std::map<std::string, PickledStorage> pickled_storages(const Pickle& pickle, const std::string& source) {
  std::map<std::string, PickledStorage> storages;
  Parser parser(pickle, source);
  for (const Value& value : pickle.values()) {
    if (value.kind != Kind::kPersistent) continue;
    PickledStorage storage = parser.storage(value);
    const auto [first, is_new] = storages.try_emplace(storage.key, storage);
    if (!is_new && (first->second.dtype != storage.dtype || first->second.elements != storage.elements))
      throw pth_defect(source, "storage " + quoted_name(storage.key) + " has two different descriptions");
  }
  return storages;
}

}  // namespace seg
