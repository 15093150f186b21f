// How much memory is resident, as the system counts it: tensors, scratch, stacks, code.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

namespace seg {

inline constexpr double kMegabyte = 1e6;  // bytes
inline constexpr double kGigabyte = 1e9;

/// Bytes: the most that this process has had resident at once since its start.
std::int64_t peak_resident_bytes();

/// Bytes by which `work` raises what is resident at its peak, results that it keeps included. Nothing where the system does not
/// let a process forget its peak (Linux: /proc/self/clear_refs). Afterwards peak_resident_bytes() counts from here.
std::optional<std::int64_t> extra_resident_bytes(const std::function<void()>& work);

}  // namespace seg
