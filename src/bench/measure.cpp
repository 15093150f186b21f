#include "bench/measure.hpp"

#include <malloc.h>

#include <algorithm>
#include <fstream>
#include <numeric>
#include <string>

#include "base/error.hpp"
#include "base/memory.hpp"
#include "device/compute.hpp"
#include "device/device_work.hpp"

namespace seg {

namespace {

/// A line of /proc/self/status such as "VmHWM:   1234 kB", in bytes.
std::optional<std::int64_t> status_bytes(const std::string& name) {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;) {
    std::int64_t kilobytes = 0;
    if (word == name && file >> kilobytes) return kilobytes * 1024;
  }
  return std::nullopt;
}

}  // namespace

Measurement measurement_of(std::vector<double> values) {
  if (values.empty()) throw Error(ErrorKind::kInternal, "a measurement without values");
  std::sort(values.begin(), values.end());
  const std::size_t count = values.size();
  return {.median = (values[(count - 1) / 2] + values[count / 2]) / 2,
          .low = values.front(),
          .high = values.back(),
          .mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(count),
          .runs = static_cast<std::int64_t>(count)};
}

Measurement in_units(const Measurement& m, double unit) { return {m.median / unit, m.low / unit, m.high / unit, m.mean / unit, m.runs}; }

std::vector<double> rates(std::vector<double> seconds, double amount) {
  for (double& value : seconds) value = amount / std::max(value, 1e-12);
  return seconds;
}

std::vector<double> measure(const Repeats& repeats, const std::function<void()>& work) { return measure_in_turn(repeats, {work}).front(); }

std::vector<std::vector<double>> measure_in_turn(const Repeats& repeats, const std::vector<std::function<void()>>& works) {
  for (std::int64_t run = 0; run < repeats.warmup; ++run)
    for (const auto& work : works) work();
  std::vector<std::vector<double>> seconds(works.size());
  for (std::int64_t run = 0; run < repeats.runs; ++run)
    for (std::size_t i = 0; i < works.size(); ++i) seconds[i].push_back(seconds_of(works[i]));
  return seconds;
}

std::vector<double> measure_on(const torch::Device& device, const Repeats& repeats, const std::function<void()>& work) {
  for (std::int64_t run = 0; run < repeats.warmup; ++run) work();
  wait_for(device);
  std::vector<EventTimer> moments{EventTimer(device)};
  for (std::int64_t run = 0; run < repeats.runs; ++run) {
    work();
    moments.emplace_back(device);
  }
  std::vector<double> seconds;
  for (std::size_t i = 1; i < moments.size(); ++i) seconds.push_back(moments[i].seconds_since(moments[i - 1]));
  return seconds;
}

std::optional<std::int64_t> extra_resident_bytes(const std::function<void()>& work) {
  release_free_memory();  // otherwise freed blocks that are still resident would be reused without being counted
  malloc_trim(0);
  std::ofstream forget("/proc/self/clear_refs");
  const bool forgotten = static_cast<bool>(forget << "5" << std::flush);
  const auto before = status_bytes("VmRSS:");
  work();
  const auto peak = status_bytes("VmHWM:");
  if (!forgotten || !before || !peak) return std::nullopt;
  return *peak - *before;
}

}  // namespace seg
