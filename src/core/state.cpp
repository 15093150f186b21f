#include "core/state.hpp"

namespace seg {

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

}  // namespace seg
