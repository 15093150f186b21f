#include "data/augment/transforms.hpp"

#include <algorithm>
#include <charconv>
#include <memory>

#include "base/error.hpp"
#include "data/augment/geometry.hpp"
#include "data/augment/sample_changes.hpp"

namespace seg {
namespace {

using Transforms = std::vector<std::unique_ptr<const Transform>>;

/// A class by name or, where no class has that name, by train id.
std::uint8_t train_id(const std::string& text, const ClassTable& classes) {
  const auto named = std::ranges::find(classes, text, &ClassInfo::name);
  if (named != classes.end()) return static_cast<std::uint8_t>(named - classes.begin());
  std::size_t id = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), id);
  if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && id < classes.size()) return static_cast<std::uint8_t>(id);
  std::string names;
  for (const ClassInfo& known : classes) names += (names.empty() ? "" : ", ") + known.name;
  throw Error(ErrorKind::kConfiguration, "augment.rare_classes: the data set has no class '" + text + "'", "its classes are " + names);
}

std::vector<std::uint8_t> train_ids(const std::vector<std::string>& texts, const ClassTable& classes) {
  std::vector<std::uint8_t> ids;
  for (const std::string& text : texts) ids.push_back(train_id(text, classes));
  return ids;
}

/// The mean of the normalisation as an RGB colour: padding becomes 0 for the network.
std::array<std::uint8_t, 3> mean_color(const NetworkInput& input) {
  std::array<std::uint8_t, 3> color{};
  for (std::size_t c = 0; c < 3; ++c) {
    const double mean = input.mean[input.order == ChannelOrder::kBgr ? 2 - c : c];
    color[c] = cv::saturate_cast<std::uint8_t>(mean);
  }
  return color;
}

void require_size(Size size) {
  if (size.height > 0 && size.width > 0) return;
  throw Error(ErrorKind::kConfiguration, "data.size: " + to_string(size) + " is no size for the network's input", "give [height, width] in pixels");
}

Transforms geometry_steps(const AugmentOptions& options, Size size, const ClassTable& classes, const NetworkInput& input) {
  Transforms steps;
  const std::vector<std::uint8_t> rare = train_ids(options.rare_classes, classes);
  if (options.crop) {
    require_size(size);
    steps.push_back(std::make_unique<ScaleJitter>(options.scale));
    steps.push_back(std::make_unique<Pad>(size, mean_color(input)));
    steps.push_back(std::make_unique<RandomCrop>(size, options.crop_min_valid, rare, options.rare_probability));
  }
  return steps;
}

}  // namespace

AugmentDevice resolve_augment_device(AugmentDevice asked, torch::Device network) {
  if (asked != AugmentDevice::kAuto) return asked;
  return network.is_cuda() ? AugmentDevice::kGpu : AugmentDevice::kCpu;
}

SampleTransform training_transform(const AugmentOptions& options, Size size, const ClassTable& classes, const NetworkInput& input,
                                   AugmentDevice device) {
  check(input);
  if (options.scale.min > options.scale.max) {
    throw Error(ErrorKind::kConfiguration, "augment.scale: min is larger than max", "exchange them");
  }
  // Shared, because a std::function must be copyable.
  const auto steps = std::make_shared<const Transforms>(geometry_steps(options, size, classes, input));
  return [steps, options, device](Sample sample, std::uint64_t seed) {
    Random random(seed);
    for (const auto& step : *steps) step->apply(sample, random);
    sample.changes = draw_changes(options, random);
    if (device != AugmentDevice::kGpu) make_changes(sample);
    return sample;
  };
}

}  // namespace seg
