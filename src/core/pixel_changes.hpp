// What augmentation does to the pixels of one sample without changing its size: drawn in the loader, made there or on the batch.
#pragma once

#include <vector>

namespace seg {

enum class ColorKind { kBrightness, kContrast, kSaturation, kHue };

struct ColorChange {
  ColorKind kind = ColorKind::kBrightness;
  double amount = 1.0;  // the factor; the shift of the hue in turns

  bool operator==(const ColorChange&) const = default;
};

/// Made in the order of the members. As built: none.
struct PixelChanges {
  bool flip = false;                    // left becomes right, in the labels too
  std::vector<ColorChange> color = {};  // in this order
  double blur = 0.0;                    // standard deviation in pixels; 0: none

  bool operator==(const PixelChanges&) const = default;
};

}  // namespace seg
