// An image size, height first, as everywhere in the project.
#pragma once

#include <cstdint>
#include <string>

namespace seg {

struct Size {
  std::int64_t height = 0;  // pixels
  std::int64_t width = 0;   // pixels

  bool operator==(const Size&) const = default;
};

/// "384x768": height, then width.
inline std::string to_string(const Size& size) { return std::to_string(size.height) + "x" + std::to_string(size.width); }

}  // namespace seg
