#include "bench/peak_rate.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "base/error.hpp"
#include "engine/training/learner.hpp"

namespace seg {

namespace {

constexpr std::int64_t kChannels = 256;
constexpr std::int64_t kImages = 4;

}  // namespace

PeakRate::PeakRate(Compute compute, std::int64_t largest) : compute_(compute) {
  if (largest <= 0) largest = compute.device.is_cpu() ? 4096 : 8192;
  const auto options = torch::dtype(compute.precision).device(compute.device);  // created on the device: the host would need seconds for large ones
  for (std::int64_t side = std::min<std::int64_t>(1024, largest); side <= largest; side += 1024) {
    const torch::Tensor a = torch::rand({side, side}, options), b = torch::rand({side, side}, options);
    const double n = static_cast<double>(side);
    candidates_.push_back({"matrix product " + std::to_string(side), 2 * n * n * n, [a, b] { at::mm(a, b); }, {}});
  }
  const std::int64_t side = std::max<std::int64_t>(1, largest / 32);
  const auto format = torch::MemoryFormat::ChannelsLast;
  const torch::Tensor images = torch::rand({kImages, kChannels, side, side}, options).contiguous(format);
  const torch::Tensor weights = torch::rand({kChannels, kChannels, 3, 3}, options).contiguous(format);
  candidates_.push_back({"3x3 convolution, " + std::to_string(kChannels) + " channels",
                         2.0 * static_cast<double>(images.numel()) * kChannels * 9,
                         [images, weights] { at::conv2d(images, weights, {}, 1, 1); },
                         {}});
  const torch::Tensor from = torch::rand({4 * largest * largest}, torch::dtype(torch::kFloat).device(compute.device)), into = torch::empty_like(from);
  copy_ = {"copy", 2.0 * static_cast<double>(from.nbytes()), [from, into] { into.copy_(from); }, {}};
}

void PeakRate::sample(std::int64_t runs) {
  const torch::NoGradGuard no_gradient;
  const auto add = [&](Candidate& candidate) {
    const auto seconds = measure({.warmup = 1, .runs = runs}, [&] {
      candidate.work();
      wait_for(compute_.device);
    });
    candidate.seconds.insert(candidate.seconds.end(), seconds.begin(), seconds.end());
  };
  std::ranges::for_each(candidates_, add);
  add(copy_);
}

Measurement PeakRate::copy() const { return measurement_of(rates(copy_.seconds, copy_.operations)); }

PeakRate::Best PeakRate::best() const {
  Best best;
  for (const Candidate& candidate : candidates_) {
    const Measurement rate = measurement_of(rates(candidate.seconds, candidate.operations));
    if (rate.median > best.rate.median) best = {candidate.name, rate};
  }
  return best;
}

}  // namespace seg
