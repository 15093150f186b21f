// Everything that differs between LibTorch versions.
#pragma once

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <torch/types.h>
#include <torch/version.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#define SEG_TORCH_AT_LEAST(major, minor) (TORCH_VERSION_MAJOR > (major) || (TORCH_VERSION_MAJOR == (major) && TORCH_VERSION_MINOR >= (minor)))

namespace seg::torch_compat {

/// Whether LibTorch's fused optimiser steps take a tensor that says whether to keep the step (since 2.4). Asynchronous steps need it.
inline constexpr bool kHasFusedUpdates = SEG_TORCH_AT_LEAST(2, 4);

/// Switches autocast to bfloat16 on or off for a device type. 2.4 replaced a pair of functions per device by one for all.
inline void set_autocast(c10::DeviceType device, bool enabled) {
#if SEG_TORCH_AT_LEAST(2, 4)
  at::autocast::set_autocast_dtype(device, at::kBFloat16);
  at::autocast::set_autocast_enabled(device, enabled);
#else
  if (device == c10::kCPU) {
    at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
    at::autocast::set_cpu_enabled(enabled);
  } else {
    at::autocast::set_autocast_gpu_dtype(at::kBFloat16);
    at::autocast::set_enabled(enabled);
  }
#endif
}

/// Copies each tensor into another of its shape. 2.1 introduced one operation for all.
inline void copy_all(const std::vector<at::Tensor>& into, const std::vector<at::Tensor>& from) {
#if SEG_TORCH_AT_LEAST(2, 1)
  at::_foreach_copy_(into, from);
#else
  for (std::size_t i = 0; i < into.size(); ++i) into[i].copy_(from[i]);
#endif
}

/// Deterministic algorithms would otherwise fill each new tensor, which is unnecessary: no code reads a tensor before writing it. 2.2 introduced
/// the filling and this switch.
inline void leave_new_memory_as_it_is() {
#if SEG_TORCH_AT_LEAST(2, 2)
  at::globalContext().setDeterministicFillUninitializedMemory(false);
#endif
}

/// A TCPStore without libuv: since 2.4 libuv is the default, but Debian's LibTorch is built without it.
template <class Options>
void without_libuv(Options& options) {
  if constexpr (requires { options.useLibUV; }) options.useLibUV = false;
}

/// When an event of LibTorch's profiler began and how long it took. 2.4 counts nanoseconds; before it was microseconds.
template <class Event>
std::int64_t begin_ns(const Event& event) {
  if constexpr (requires { event.startNs(); })
    return static_cast<std::int64_t>(event.startNs());
  else
    return 1000 * static_cast<std::int64_t>(event.startUs());
}
template <class Event>
std::int64_t duration_ns(const Event& event) {
  if constexpr (requires { event.durationNs(); })
    return static_cast<std::int64_t>(event.durationNs());
  else
    return 1000 * static_cast<std::int64_t>(event.durationUs());
}

}  // namespace seg::torch_compat
