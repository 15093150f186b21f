// The classes a network is trained on: name, colour and id of each.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace seg {

/// The ignore label: pixels with it count in no loss and in no score.
inline constexpr std::uint8_t kIgnoreLabel = 255;
inline constexpr int kMaxClasses = 255;

struct ClassInfo {
  std::string name;
  std::array<std::uint8_t, 3> color{};  // RGB
  std::int64_t file_id = 0;             // the data set's own id, written by predictions "as ids"

  bool operator==(const ClassInfo&) const = default;
};

/// Indexed by train id, 0 .. K-1.
using ClassTable = std::vector<ClassInfo>;

inline std::vector<std::string> names_of(const ClassTable& classes) {
  std::vector<std::string> names;
  for (const ClassInfo& info : classes) names.push_back(info.name);
  return names;
}

}  // namespace seg
