// Repeated timing after a warm-up, with median and spread of the repetitions. Also the resident memory as the system counts it: tensors, scratch,
// stacks, code.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "engine/process.hpp"

namespace seg {

struct Repeats {
  std::int64_t warmup = 2;  // runs that are not measured
  std::int64_t runs = 10;   // measured runs, at least 1
};

/// One quantity measured several times.
struct Measurement {
  double median = 0.0;  // for an even number: the mean of the two middle values
  double low = 0.0;     // smallest
  double high = 0.0;    // largest
  double mean = 0.0;
  std::int64_t runs = 0;
};

/// Throws kInternal without values.
Measurement measurement_of(std::vector<double> values);

/// The measurement divided by `unit`.
Measurement in_units(const Measurement& measurement, double unit);

/// `amount` divided by each of the seconds: images per second.
std::vector<double> rates(std::vector<double> seconds, double amount);

/// Seconds of each measured run.
std::vector<double> measure(const Repeats& repeats, const std::function<void()>& work);

/// The same for several workloads in turn, A B A B ..., so that a drifting processor clock affects them equally.
std::vector<std::vector<double>> measure_in_turn(const Repeats& repeats, const std::vector<std::function<void()>>& works);

/// The same by the device's clock, from the end of one run to the end of the next, and no run waits for the previous one: the GPU works while the
/// host launches the next run, as in scripts/bench_pytorch_step.py for PyTorch. On the CPU by the host's clock.
std::vector<double> measure_on(const torch::Device& device, const Repeats& repeats, const std::function<void()>& work);

inline constexpr double kMegabyte = 1e6;  // bytes
inline constexpr double kGigabyte = 1e9;

/// Bytes by which `work` raises the peak resident memory, including the results that it keeps. Nothing if the system does not
/// let a process reset its peak (Linux: /proc/self/clear_refs). Afterwards peak_resident_bytes() counts from this point.
std::optional<std::int64_t> extra_resident_bytes(const std::function<void()>& work);

}  // namespace seg
