// Where the time of training steps goes: the heaviest kernels of a GPU, or operators of the CPU, as LibTorch's own profiler sees them.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace seg {

/// All kernels, copies and fills of one name; on the CPU all operators, without what they call.
struct ProfileEntry {
  std::string name;
  double seconds = 0.0;
  std::int64_t calls = 0;
};

/// What the device does in `work`, until it has done all of it, the heaviest first. Throws kConfiguration where this LibTorch has no profiler that
/// sees it.
std::vector<ProfileEntry> profile(const torch::Device& device, const std::function<void()>& work);

/// Its first 25 of `steps` steps, a line each: ms and calls a step, share of all, name; above them `title` and the sum of all.
std::string profile_text(const std::string& title, const std::vector<ProfileEntry>& entries, std::int64_t steps);

}  // namespace seg
