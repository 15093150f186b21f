// The augmentations of one sample that do not change its size: drawn in the loader, applied there or to the batch.
#pragma once

#include <vector>

namespace seg {

enum class ColorKind { kBrightness, kContrast, kSaturation, kHue };

struct ColorChange {
  ColorKind kind = ColorKind::kBrightness;
  double amount = 1.0;  // the factor; for the hue, the shift in turns

  bool operator==(const ColorChange&) const = default;
};

/// Applied in the order of the members. The default is no change.
struct PixelChanges {
  bool flip = false;                    // left-right flip, also of the labels
  std::vector<ColorChange> color = {};  // in this order
  double blur = 0.0;                    // standard deviation in pixels; 0: none

  bool operator==(const PixelChanges&) const = default;
};

}  // namespace seg
