#include "models/weights.hpp"

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <utility>

#include "base/error.hpp"
#include "core/state.hpp"
#include "core/tensor_io.hpp"
#include "models/backbones/backbone.hpp"
#include "models/published_weights.hpp"
#include "tensor_files/tensor_file.hpp"

namespace seg {

namespace {

bool starts_with_any(const std::string& name, const std::vector<std::string>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](const std::string& prefix) { return !prefix.empty() && name.starts_with(prefix); });
}

bool belongs_to_any(const std::string& name, const std::vector<std::string>& layers) {
  return std::any_of(layers.begin(), layers.end(), [&](const std::string& layer) { return name.starts_with(layer + "."); });
}

std::string shape_text(const torch::Tensor& tensor) {
  std::string text;
  for (const std::int64_t size : tensor.sizes()) text += (text.empty() ? "" : ",") + std::to_string(size);
  return "[" + text + "]";
}

std::string difference(const std::string& name, const torch::Tensor& given, const torch::Tensor& wanted) {
  const bool types = given.sizes() == wanted.sizes();
  const auto text = [&](const torch::Tensor& tensor) { return shape_text(tensor) + (types ? " " + dtype_name(tensor.scalar_type()) : ""); };
  return name + ": " + text(given) + " in the file, " + text(wanted) + " in the network";
}

bool same_but_for_classes(const torch::Tensor& a, const torch::Tensor& b) {
  return a.dim() > 0 && a.dim() == b.dim() && a.sizes().slice(1) == b.sizes().slice(1);
}

/// Which differences between file and network are allowed.
struct LoadRules {
  std::string scope = {};                      // only tensors with this name prefix are loaded: "backbone."; others are unused
  std::vector<std::string> allowed = {};       // name prefixes that may be missing, unexpected or of another shape
  std::vector<std::string> unused = {};        // name prefixes of other tensors that the file may contain: "backbone.fc."
  std::vector<std::string> class_layers = {};  // may have another number of classes (see Model::class_layers)
  bool same_classes = true;                    // false: class layers are not loaded even if their shapes match
};

using Copies = std::vector<std::pair<torch::Tensor, torch::Tensor>>;  // target, source

bool convertible(const torch::Tensor& from, const torch::Tensor& to, bool exact) {
  return exact ? from.scalar_type() == to.scalar_type() : from.is_floating_point() == to.is_floating_point();
}

/// Sorts every tensor into the report, and adds those to copy to `copies`. With `exact`, dtypes and batch counters are also compared.
WeightReport compare(const State& network, const State& state, const std::string& source, const LoadRules& rules, bool exact, Copies& copies) {
  WeightReport report;
  report.source = source;
  for (const auto& [name, wanted] : network) {
    if (!name.starts_with(rules.scope)) continue;
    const auto given = state.find(name);
    const bool class_layer = belongs_to_any(name, rules.class_layers);
    if (given == state.end()) {
      if (exact || !name.ends_with(".num_batches_tracked")) report.missing.push_back(name);
    } else if (class_layer && same_but_for_classes(given->second, wanted) && (!rules.same_classes || given->second.sizes() != wanted.sizes())) {
      report.reinitialized.push_back(name);
    } else if (given->second.sizes() != wanted.sizes() || !convertible(given->second, wanted, exact)) {
      report.mismatched.push_back(difference(name, given->second, wanted));
    } else {
      copies.emplace_back(wanted, given->second);
      report.loaded.push_back(name);
    }
  }
  for (const auto& [name, tensor] : state) {
    const bool wanted = network.contains(name) && name.starts_with(rules.scope);
    const bool unused = !name.starts_with(rules.scope) || starts_with_any(name, rules.unused);
    if (!wanted) (unused ? report.unused : report.unexpected).push_back(name);
  }
  return report;
}

void copy(const Copies& copies) {
  const torch::NoGradGuard no_grad;
  for (const auto& [into, from] : copies) torch::Tensor(into).copy_(from);
}

std::string list(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) text += (text.empty() ? "" : ", ") + names[i];
  return names.size() > kShown ? text + " and " + std::to_string(names.size() - kShown) + " more" : text;
}

/// Throws for entries without an allowed prefix.
void refuse(const WeightReport& report, const std::vector<std::string>& allowed, const std::string& hint) {
  std::string defects;
  const auto add = [&](const std::string& kind, std::vector<std::string> names) {
    std::erase_if(names, [&](const std::string& name) { return starts_with_any(name, allowed); });
    if (!names.empty()) defects += (defects.empty() ? "" : "; ") + std::to_string(names.size()) + " " + kind + " (" + list(names) + ")";
  };
  add("missing", report.missing);
  add("unexpected", report.unexpected);
  add("of another shape or type", report.mismatched);
  if (!defects.empty()) throw Error(ErrorKind::kStorage, report.source + ": the weights do not match the network: " + defects, hint);
}

/// Copies `state` into the network and converts between floating-point types. num_batches_tracked may be missing.
/// Throws kStorage.
WeightReport load_weights(torch::nn::Module& module, const State& state, const std::string& source, const LoadRules& rules) {
  Copies copies;
  WeightReport report = compare(model_state(module), state, source, rules, false, copies);
  refuse(report, rules.allowed,
         "set model.backbone, model.arch and model.width to those of the file, or add name prefixes that may differ to model.allow_mismatch");
  copy(copies);
  return report;
}

using Entries = std::map<std::string, const TensorEntry*>;

/// The entries whose name starts with `prefix`, under the rest of their name.
Entries below(const Entries& entries, const std::string& prefix) {
  Entries found;
  for (const auto& [name, entry] : entries)
    if (name.starts_with(prefix)) found.emplace(name.substr(prefix.size()), entry);
  return found;
}

/// The weights in a file under the network's names.
Entries find_weights(const TensorFile& file) {
  Entries all;
  for (const TensorEntry& entry : file.entries()) all.emplace(entry.name, &entry);
  const Entries unwrapped = below(all, "module.");
  if (unwrapped.size() == all.size()) all = unwrapped;
  Entries weights = below(all, "ema.");
  weights.erase("ema_updates");         // a counter of the average, not a weight
  weights.merge(below(all, "model."));  // averaged weights take precedence
  return weights.empty() ? all : weights;
}

bool has_any(const State& state, const std::string& prefix) {
  return std::ranges::any_of(state, [&](const auto& entry) { return entry.first.starts_with(prefix); });
}

WeightReport load_backbone(Model& model, const ModelOptions& options, const std::string& file) {
  const std::string scope = "backbone.";
  State weights = read_weights(file);
  if (!has_any(weights, scope)) weights = with_prefix(weights, scope);
  LoadRules rules{.scope = scope, .allowed = options.allow_mismatch};
  const auto children = model.named_children();
  if (const auto* child = children.find("backbone"))
    for (const std::string& name : dynamic_cast<const Backbone&>(**child).classifier()) rules.unused.push_back(scope + name);
  return load_weights(model, weights, file, rules);
}

WeightReport load_network(Model& model, const ModelOptions& options, bool same_classes) {
  const State weights = read_weights(options.init_from);
  const State network = model_state(model);
  const auto of_backbone = [&](const auto& entry) { return network.contains("backbone." + entry.first); };
  if (has_backbone(options) && std::ranges::any_of(weights, of_backbone) && !has_any(weights, "backbone."))
    throw Error(ErrorKind::kStorage, options.init_from + " contains only the weights of a backbone", "use it for model.pretrained instead");
  LoadRules rules{.allowed = options.allow_mismatch, .class_layers = model.class_layers(), .same_classes = same_classes};
  if (!options.auxiliary) rules.unused = {auxiliary_head(options) + "."};
  return load_weights(model, weights, options.init_from, rules);
}

}  // namespace

State read_weights(const std::string& path) {
  const auto file = open_tensor_file(path);
  State weights;
  for (const auto& [name, entry] : find_weights(*file)) weights.emplace(name, read_tensor(*file, *entry));
  return weights;
}

std::optional<WeightReport> load_initial_weights(Model& model, const ModelOptions& options, bool same_classes, const DownloadProgress& progress) {
  if (options.pretrained == kImageNet) return load_backbone(model, options, find_published_weights(published_weights_of(options.backbone), progress));
  std::error_code ignored;
  if (!options.pretrained.empty() && !std::filesystem::exists(options.pretrained, ignored))
    throw Error(ErrorKind::kStorage, "model.pretrained: there is no file " + options.pretrained,
                "set it to a file, or to imagenet for published weights (data/README.md); --set model.pretrained= trains from scratch");
  if (!options.pretrained.empty()) return load_backbone(model, options, options.pretrained);
  if (!options.init_from.empty()) return load_network(model, options, same_classes);
  return std::nullopt;
}

State model_state(const torch::nn::Module& module) {
  State state;
  for (const auto& entry : module.named_parameters()) state.emplace(entry.key(), entry.value().detach());
  for (const auto& entry : module.named_buffers()) state.emplace(entry.key(), entry.value());
  return state;
}

void load_state_exact(torch::nn::Module& module, const State& state, const std::string& source) {
  Copies copies;
  const WeightReport report = compare(model_state(module), state, source, {}, true, copies);
  refuse(report, {}, "use the configuration with which the file was written");
  copy(copies);
}

std::string describe(const WeightReport& report) {
  std::ostringstream text;
  text << "weights from " << report.source << "\n  loaded         " << report.loaded.size() << " tensors";
  const auto row = [&](const char* title, const std::vector<std::string>& names) {
    if (!names.empty()) text << "\n  " << title << names.size() << ": " << list(names);
  };
  row("re-initialised ", report.reinitialized);
  row("missing        ", report.missing);
  row("unexpected     ", report.unexpected);
  row("not used       ", report.unused);
  row("other shape    ", report.mismatched);
  return text.str();
}

}  // namespace seg
