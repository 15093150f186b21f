#include "core/state.hpp"

#include "base/digest.hpp"
#include "base/error.hpp"

namespace seg {

namespace {

void add(Digest& digest, const std::string& name, const torch::Tensor& tensor) {
  const torch::Tensor bytes = tensor.detach().cpu().contiguous();
  digest.update(name);
  digest.update(bytes.data_ptr(), bytes.nbytes());
}

}  // namespace

State with_prefix(const State& state, const std::string& prefix) {
  State prefixed;
  for (const auto& [name, tensor] : state) prefixed.emplace(prefix + name, tensor);
  return prefixed;
}

State without_prefix(const State& state, const std::string& prefix) {
  State found;
  for (auto entry = state.lower_bound(prefix); entry != state.end() && entry->first.starts_with(prefix); ++entry)
    found.emplace(entry->first.substr(prefix.size()), entry->second);
  return found;
}

void check_fit(const std::string& what, const State& own, const State& given) {
  const auto refuse = [&](const std::string& name, const std::string& defect) {
    throw Error(ErrorKind::kStorage, what + ": '" + name + "' " + defect, "the checkpoint was written with another model or optimiser");
  };
  for (const auto& [name, tensor] : given) {
    if (own.count(name) == 0) refuse(name, "is unknown");
  }
  for (const auto& [name, tensor] : own) {
    const auto found = given.find(name);
    if (found == given.end()) return refuse(name, "is missing");
    const torch::Tensor& other = found->second;
    if (!other.defined() || other.sizes() != tensor.sizes() || other.dtype() != tensor.dtype()) refuse(name, "has another shape or type");
  }
}

std::string digest_of(const State& state) {
  Digest digest;
  for (const auto& [name, tensor] : state) add(digest, name, tensor);
  return digest.hex();
}

std::string digest_lines(const State& state) {
  std::string lines;
  for (const auto& [name, tensor] : state) {
    Digest digest;
    add(digest, name, tensor);
    lines += name + " " + digest.hex() + "\n";
  }
  return lines;
}

}  // namespace seg
