// Where the time of training steps goes: the slowest kernels of a GPU, or operators of the CPU, recorded by LibTorch's profiler.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace seg {

/// All kernels, copies and fills with one name; on the CPU all operators with one name, without the operators they call.
struct ProfileEntry {
  std::string name;
  double seconds = 0.0;
  std::int64_t calls = 0;
};

/// The work of the device in `work`, the slowest first; waits until it is done. Throws kConfiguration if this LibTorch has no profiler for the
/// device.
std::vector<ProfileEntry> profile(const torch::Device& device, const std::function<void()>& work);

/// The first 25 entries of a profile of `steps` steps, one line each: ms and calls per step, share, name; above them `title` and the total.
std::string profile_text(const std::string& title, const std::vector<ProfileEntry>& entries, std::int64_t steps);

}  // namespace seg
