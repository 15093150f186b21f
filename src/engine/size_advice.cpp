#include "engine/size_advice.hpp"

#include <algorithm>

namespace seg {

namespace {

double largest_scale(const ScaleOptions& scale) {
  return scale.steps.empty() ? scale.max : *std::max_element(scale.steps.begin(), scale.steps.end());
}

bool is_wide(const Size& size) { return size.width > size.height; }
bool is_tall(const Size& size) { return size.height > size.width; }

}  // namespace

std::string size_advice(const RunConfig& config, const Size& frame) {
  const Size& size = config.data.size;
  const bool exchanged = (is_wide(frame) && is_tall(size)) || (is_tall(frame) && is_wide(size));
  const std::string both = "data.size is " + to_string(size) + ", frames are " + to_string(frame) + " (height x width): ";
  const std::string order = exchanged ? "; are height and width exchanged?" : "";
  if (!config.augment.crop) return exchanged ? both + "they are squeezed" + order : "";
  const double scale = largest_scale(config.augment.scale);
  const auto exceeds = [&](std::int64_t side, std::int64_t frame_side) {
    return static_cast<double>(side) > scale * static_cast<double>(frame_side);
  };
  if (!exceeds(size.height, frame.height) && !exceeds(size.width, frame.width)) return "";
  return both + "every crop is padded with pixels that count nowhere" + order;
}

}  // namespace seg
