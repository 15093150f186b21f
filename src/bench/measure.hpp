// Repeated timing after a warm-up, and what is said about the repetitions: median and spread. And how much memory is resident, as the system counts
// it: tensors, scratch, stacks, code.
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
  std::int64_t runs = 10;   // measured ones, at least 1
};

/// One quantity measured several times.
struct Measurement {
  double median = 0.0;  // of an even number: the mean of the middle two
  double low = 0.0;     // smallest
  double high = 0.0;    // largest
  double mean = 0.0;
  std::int64_t runs = 0;
};

/// Throws kInternal where there are none.
Measurement measurement_of(std::vector<double> values);

/// The same in another unit, so many of which it was measured in.
Measurement in_units(const Measurement& measurement, double unit);

/// Each as `amount` in so many seconds: images a second.
std::vector<double> rates(std::vector<double> seconds, double amount);

/// Seconds of each measured run.
std::vector<double> measure(const Repeats& repeats, const std::function<void()>& work);

/// The same for several works in turn, A B A B ..., so that a processor whose clock wanders treats them alike.
std::vector<std::vector<double>> measure_in_turn(const Repeats& repeats, const std::vector<std::function<void()>>& works);

/// The same by the device's own clock, from the end of one run to the end of the next, and none waits for the one before: what a GPU does while the
/// host launches the next, as scripts/bench_pytorch_step.py measures PyTorch. On the CPU by the host's clock.
std::vector<double> measure_on(const torch::Device& device, const Repeats& repeats, const std::function<void()>& work);

inline constexpr double kMegabyte = 1e6;  // bytes
inline constexpr double kGigabyte = 1e9;

/// Bytes by which `work` raises what is resident at its peak, results that it keeps included. Nothing where the system does not
/// let a process forget its peak (Linux: /proc/self/clear_refs). Afterwards peak_resident_bytes() counts from here.
std::optional<std::int64_t> extra_resident_bytes(const std::function<void()>& work);

}  // namespace seg
