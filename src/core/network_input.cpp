#include "core/network_input.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace seg {

void check(const NetworkInput& input) {
  const bool three = input.mean.size() == 3 && input.std.size() == 3;
  if (three && std::ranges::all_of(input.std, [](double s) { return s > 0.0; })) return;
  throw Error(ErrorKind::kConfiguration, "model.input: mean and std must be three numbers each, std above 0",
              "for example mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375]");
}

}  // namespace seg
