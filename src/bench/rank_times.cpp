#include "bench/rank_times.hpp"

#include <functional>

#include "bench/memory.hpp"
#include "device/compute.hpp"
#include "engine/training/gradient_sum.hpp"

namespace seg {

namespace {

/// As GradientSum does it: all buckets under way at once, in a group of their own.
std::vector<double> seconds_of_sums(const Model& model, const Communicator& ranks, const Repeats& repeats) {
  const Communicator group = ranks.group("sum alone");
  std::vector<torch::Tensor> buckets;
  for (const std::vector<torch::Tensor>& bucket : gradient_buckets(model.parameters())) {
    std::int64_t values = 0;
    for (const torch::Tensor& parameter : bucket) values += parameter.numel();
    buckets.push_back(torch::zeros({values}, bucket.front().options().requires_grad(false)));
  }
  return measure(repeats, [&] {
    std::vector<std::function<void()>> waits;
    for (const torch::Tensor& bucket : buckets) waits.push_back(group.start_sum(bucket));
    for (const std::function<void()>& wait : waits) wait();
    wait_for(buckets.front().device());
  });
}

}  // namespace

void add_rank_times(BenchReport& report, const RankTimes& times, const Model& model, const Communicator& ranks, const Repeats& repeats) {
  const std::vector<double> alone = seconds_of_sums(model, ranks, repeats);
  const double sum_alone = measurement_of(alone).median;
  report.add("ranks", "waiting", times.waiting.median * 1e3, "ms");
  report.add("ranks", "waiting_over_step", times.waiting.median / times.step.median, "");
  report.add("ranks", "bytes_a_step", times.bytes.median / kMegabyte, "MB");
  report.add("ranks", "sum_alone", measurement_of(scaled(alone, 1e3)), "ms");
  report.add("ranks", "hidden", 1.0 - times.waiting.median / sum_alone, "");
  const torch::Tensor resident = torch::full({1}, times.resident, torch::kInt64);
  ranks.sum(resident);
  report.add("ranks", "peak_resident_of_all", static_cast<double>(resident.item<std::int64_t>()) / kMegabyte, "MB");
}

}  // namespace seg
