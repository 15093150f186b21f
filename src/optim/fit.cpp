#include "optim/fit.hpp"

#include "base/error.hpp"

namespace seg {

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

}  // namespace seg
