#include "engine/training/micro_batch.hpp"

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>

#include "base/app.hpp"
#include "base/error.hpp"
#include "core/device_work.hpp"

namespace seg {

namespace {

constexpr double kGigabyte = 1e9;

/// What `attempt` gives; nothing where the device has too little memory for it.
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

/// `count` of a list with one for each image, or of none.
template <class Value>
std::vector<Value> part_of(const std::vector<Value>& list, std::int64_t first, std::int64_t count) {
  return list.empty() ? list : std::vector<Value>(list.begin() + first, list.begin() + first + count);
}

Error too_large(std::int64_t images, const PassMemory& measured) {
  return {
      ErrorKind::kMemory,
      fmt::format("{} images in a pass are too many for the device's memory; the most that fit are about {} (a pass of {} took {:.1f} GB of {:.1f})",
                  images, std::min(images - 1, largest_micro_batch(measured)), measured.images, static_cast<double>(measured.peak) / kGigabyte,
                  static_cast<double>(measured.available) / kGigabyte),
      "lower train.batch_size and raise train.accumulate, or let train.auto_accumulate: true do that"};
}

}  // namespace

std::vector<Batch> in_parts(const std::vector<Batch>& batches, std::int64_t parts) {
  if (parts == 1) return batches;
  std::vector<Batch> smaller;
  for (const Batch& batch : batches) {
    const std::int64_t images = batch.images.size(0) / parts;
    for (std::int64_t part = 0; part < parts; ++part) {
      const std::int64_t first = part * images;
      smaller.push_back({batch.images.narrow(0, first, images), batch.labels.narrow(0, first, images), part_of(batch.ids, first, images),
                         part_of(batch.changes, first, images)});
    }
  }
  return smaller;
}

std::int64_t more_parts(std::int64_t images, std::int64_t parts) {
  for (std::int64_t more = 2 * parts; more <= images; ++more)
    if (images % more == 0) return more;
  return 0;
}

std::int64_t largest_micro_batch(const PassMemory& measured) {
  const std::int64_t an_image = std::max<std::int64_t>(1, (measured.peak - measured.fixed) / measured.images);
  return std::max(measured.images, (measured.available - measured.fixed) / an_image);
}

StepResult MicroBatches::step(const std::vector<Batch>& batches, const std::function<StepResult(const std::vector<Batch>&)>& attempt) {
  if (auto result = tried(in_parts(batches, parts_), attempt)) return *result;
  const std::int64_t images = batches.front().images.size(0);
  for (std::int64_t parts = more_parts(images, parts_); parts != 0; parts = more_parts(images, parts)) {
    release_device_memory(device_);
    forget_peak(device_);
    const DeviceMemory before = device_memory(device_);
    auto result = tried(in_parts(batches, parts), attempt);
    if (!result) continue;
    const DeviceMemory after = device_memory(device_);
    if (!by_itself_) throw too_large(images / parts_, {images / parts, before.used, after.peak, before.free + before.used});
    spdlog::warn(
        "{} images in a pass are too many for the device's memory: from here on it takes {} at a time, {} times; recall and batch norm's "
        "statistics are those of each pass by itself",
        images / parts_, images / parts, parts * static_cast<std::int64_t>(batches.size()));
    parts_ = parts;
    return *result;
  }
  throw Error(ErrorKind::kMemory, "not even one image fits into the device's memory", "lower data.size or model.width, or train on another device");
}

}  // namespace seg
