// What was counted on one image: all that scores of a split, drawn anew or not, are made of.
#pragma once

#include <string>
#include <vector>

#include "scores/scores.hpp"

namespace seg {

struct ImageCounts {
  std::string id;
  std::vector<ClassPixels> classes;  // [K]
};

}  // namespace seg
