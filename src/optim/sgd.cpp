#include "optim/sgd.hpp"

namespace seg {

Sgd::Sgd(const SgdOptions& options, std::vector<ParameterGroup> groups)
    : GroupedOptimizer(std::move(groups), options.momentum > 0.0 ? std::vector<std::string>{"momentum"} : std::vector<std::string>{}),
      options_(options) {}

void Sgd::apply(const ParameterUpdate& update) const { sgd_update(update, {options_.momentum, options_.nesterov}); }

}  // namespace seg
