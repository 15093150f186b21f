// Repeated timing after a warm-up, and what is said about the repetitions: median and spread.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <vector>

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

/// Each value multiplied by `factor`, such as seconds to milliseconds.
std::vector<double> scaled(std::vector<double> values, double factor);

/// Each as `amount` in so many seconds: images a second.
std::vector<double> rates(std::vector<double> seconds, double amount);

double seconds_of(const std::function<void()>& work);

/// Seconds of each measured run.
std::vector<double> measure(const Repeats& repeats, const std::function<void()>& work);

/// The same for several works in turn, A B A B ..., so that a processor whose clock wanders treats them alike.
std::vector<std::vector<double>> measure_in_turn(const Repeats& repeats, const std::vector<std::function<void()>>& works);

/// The same by the device's own clock, from the end of one run to the end of the next, and none waits for the one before: what a GPU does while the
/// host launches the next, as scripts/bench_pytorch_step.py measures PyTorch. On the CPU by the host's clock.
std::vector<double> measure_on(const torch::Device& device, const Repeats& repeats, const std::function<void()>& work);

}  // namespace seg
