// The tables of one axis, filled as the threads of a GPU fill them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "ops/cuda/axis_tables.hpp"

namespace seg::test {

class HostAxis {
 public:
  HostAxis(std::int64_t in, std::int64_t out, bool align_corners) : low_(out), first_(in + 1), weight_(out) {
    for (std::int32_t i = 0; i < std::max(out, in + 1); ++i) fill_axis_entry(tables(), align_corners, i);
  }

  cuda::AxisTables tables() {
    return {static_cast<std::int32_t>(first_.size() - 1), static_cast<std::int32_t>(low_.size()), low_.data(), weight_.data(), first_.data()};
  }

 private:
  std::vector<std::int32_t> low_, first_;
  std::vector<float> weight_;
};

}  // namespace seg::test
