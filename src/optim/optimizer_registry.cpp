#include "base/error.hpp"
#include "optim/adam.hpp"
#include "optim/sgd.hpp"

namespace seg {

namespace {

struct Entry {
  const char* name;
  std::unique_ptr<Optimizer> (*build)(const OptimizerOptions&, std::vector<ParameterGroup>);
};

template <Decay decay>
std::unique_ptr<Optimizer> build_adam(const OptimizerOptions& options, std::vector<ParameterGroup> groups) {
  return std::make_unique<Adam>(options.adam, decay, std::move(groups));
}

std::unique_ptr<Optimizer> build_sgd(const OptimizerOptions& options, std::vector<ParameterGroup> groups) {
  return std::make_unique<Sgd>(options.sgd, std::move(groups));
}

constexpr Entry kOptimizers[] = {{"adam", build_adam<Decay::kInGradient>}, {"adamw", build_adam<Decay::kDecoupled>}, {"sgd", build_sgd}};

}  // namespace

std::vector<std::string> optimizer_names() {
  std::vector<std::string> names;
  for (const Entry& entry : kOptimizers) names.emplace_back(entry.name);
  return names;
}

void check_optimizer(const OptimizerOptions& options) {
  if (options.type == "sgd" && options.sgd.nesterov && options.sgd.momentum <= 0.0)
    throw Error(ErrorKind::kConfiguration, "optimizer.sgd.nesterov needs a momentum", "set optimizer.sgd.momentum, for example 0.9");
}

std::unique_ptr<Optimizer> build_optimizer(const OptimizerOptions& options, std::vector<ParameterGroup> groups) {
  check_optimizer(options);
  for (const Entry& entry : kOptimizers) {
    if (options.type == entry.name) return entry.build(options, std::move(groups));
  }
  throw Error(ErrorKind::kConfiguration, "optimizer.type: unknown optimiser '" + options.type + "'", "segtrain --help lists them");
}

}  // namespace seg
