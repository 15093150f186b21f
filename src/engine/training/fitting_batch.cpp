#include "engine/training/fitting_batch.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <optional>

#include "base/app.hpp"
#include "base/error.hpp"
#include "device/device_work.hpp"

namespace seg {

namespace {

constexpr double kGigabyte = 1e9;

/// The result of `attempt`; nothing if the device has too little memory for it.
std::optional<StepResult> tried(const std::vector<Batch>& batches, const std::function<StepResult(const std::vector<Batch>&)>& attempt) {
  try {
    return attempt(batches);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    if (!speaks_of_memory(error.what())) throw;
    return std::nullopt;
  }
}

/// The first images of a batch.
Batch first_of(const Batch& batch, std::int64_t images) {
  const auto first = [images](const auto& list) { return list.empty() ? list : std::decay_t<decltype(list)>(list.begin(), list.begin() + images); };
  return {batch.images.narrow(0, 0, images), batch.labels.narrow(0, 0, images), first(batch.ids), first(batch.changes)};
}

Error too_large(std::int64_t images, const PassMemory& measured) {
  return {ErrorKind::kMemory,
          fmt::format("a pass of {} images does not fit into the device's memory; about {} images fit (a pass of {} took {:.1f} GB of {:.1f})",
                      images, std::min(images - 1, largest_batch(measured)), measured.images, static_cast<double>(measured.peak) / kGigabyte,
                      static_cast<double>(measured.available) / kGigabyte),
          "lower train.batch_size, and raise train.accumulate to keep the number of images per step"};
}

}  // namespace

std::int64_t largest_batch(const PassMemory& measured) {
  const std::int64_t an_image = std::max<std::int64_t>(1, (measured.peak - measured.fixed) / measured.images);
  return std::max(measured.images, (measured.available - measured.fixed) / an_image);
}

StepResult step_that_fits(const std::vector<Batch>& batches, const torch::Device& device,
                          const std::function<StepResult(const std::vector<Batch>&)>& attempt, std::optional<DeviceMemory> (*memory)(torch::Device)) {
  if (!memory(device)) return attempt(batches);
  if (auto result = tried(batches, attempt)) return *result;
  const std::int64_t images = batches.front().images.size(0);
  for (std::int64_t fewer = images / 2; fewer > 0; fewer /= 2) {
    release_device_memory(device);
    forget_peak(device);
    const DeviceMemory before = memory(device).value();
    if (tried({first_of(batches.front(), fewer)}, attempt))
      throw too_large(images, {fewer, before.used, memory(device).value().peak, before.free + before.used});
  }
  throw Error(ErrorKind::kMemory, "not even one image fits into the device's memory", "lower data.size or model.width, or train on another device");
}

}  // namespace seg
