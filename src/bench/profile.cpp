#include "bench/profile.hpp"

#include <torch/csrc/autograd/profiler_kineto.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <map>
#include <ranges>
#include <set>
#include <tuple>

#include "base/error.hpp"
#include "device/compute.hpp"
#include "device/torch_compat.hpp"

namespace seg {

namespace {

namespace profiler = torch::autograd::profiler;

constexpr std::size_t kShown = 25;
constexpr std::size_t kLongestName = 160;  // names of templates can be pages long

struct Span {
  std::string name;
  std::uint64_t thread = 0;
  std::int64_t begin = 0, end = 0;  // ns
};

std::vector<Span> spans_in(const torch::Device& device, const std::function<void()>& work) {
  const std::set<profiler::ActivityType> activities{device.is_cuda() ? profiler::ActivityType::CUDA : profiler::ActivityType::CPU};
  const profiler::ProfilerConfig config(profiler::ProfilerState::KINETO);
  wait_for(device);
  profiler::prepareProfiler(config, activities);
  profiler::enableProfiler(config, activities);
  try {
    work();
    wait_for(device);
  } catch (...) {
    profiler::disableProfiler();
    throw;
  }
  const auto result = profiler::disableProfiler();
  std::vector<Span> spans;
  for (const profiler::KinetoEvent& event : result->events()) {
    if (event.deviceType() != device.type()) continue;
    const auto begin = torch_compat::begin_ns(event);
    spans.push_back({event.name(), event.startThreadId(), begin, begin + torch_compat::duration_ns(event)});
  }
  return spans;
}

/// The time of each span without the operators that it calls.
std::vector<std::int64_t> own_times(std::vector<Span>& spans) {
  // Outer spans first.
  std::ranges::stable_sort(spans, {}, [](const Span& span) { return std::tuple(span.thread, span.begin, -span.end); });
  std::vector<std::int64_t> own;
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    const Span& span = spans[i];
    own.push_back(span.end - span.begin);
    while (!open.empty() && (spans[open.back()].thread != span.thread || spans[open.back()].end <= span.begin)) open.pop_back();
    if (!open.empty()) own[open.back()] -= span.end - span.begin;
    open.push_back(i);
  }
  return own;
}

}  // namespace

std::vector<ProfileEntry> profile(const torch::Device& device, const std::function<void()>& work) {
  std::vector<Span> spans = spans_in(device, work);
  if (spans.empty())
    throw Error(ErrorKind::kConfiguration, "--profile: the profiler of this LibTorch records nothing on " + device.str(),
                "omit --profile, or build with a LibTorch that has Kineto (scripts/build.sh --cuda)");
  std::vector<std::int64_t> own;
  if (device.is_cpu()) {
    own = own_times(spans);
  } else {
    for (const Span& span : spans) own.push_back(span.end - span.begin);
  }
  std::map<std::string, ProfileEntry> by_name;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    ProfileEntry& entry = by_name[spans[i].name];
    entry.name = spans[i].name;
    entry.seconds += static_cast<double>(own[i]) / 1e9;
    ++entry.calls;
  }
  std::vector<ProfileEntry> entries;
  for (const auto& [name, entry] : by_name) entries.push_back(entry);
  std::ranges::stable_sort(entries, std::greater(), &ProfileEntry::seconds);
  return entries;
}

std::string profile_text(const std::string& title, const std::vector<ProfileEntry>& entries, std::int64_t steps) {
  const auto count = static_cast<double>(steps);
  double all = 0.0;
  for (const ProfileEntry& entry : entries) all += entry.seconds;
  std::array<char, 128> line{};
  std::snprintf(line.data(), line.size(), ": %.3f ms a step, of %lld steps\n", all / count * 1e3, static_cast<long long>(steps));
  std::string text = title + line.data() + "  ms a step  share  calls a step  name\n";
  for (const ProfileEntry& entry : entries | std::views::take(kShown)) {
    std::snprintf(line.data(), line.size(), "%11.4f %5.1f%% %13.1f  ", entry.seconds / count * 1e3, 100 * entry.seconds / all,
                  static_cast<double>(entry.calls) / count);
    text += line.data() + entry.name.substr(0, kLongestName) + "\n";
  }
  return text;
}

}  // namespace seg
