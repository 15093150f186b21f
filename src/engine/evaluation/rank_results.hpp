// What the ranks counted on their parts of a split, put together.
#pragma once

#include "engine/evaluation/evaluator.hpp"

namespace seg {

struct RankResults {
  std::vector<ImageResult> images;
  std::vector<ClassPixels> boundary;  // [K]
  std::vector<std::string> skipped;
  bool stopped = false;
};

/// Images and messages in the order of the ranks, counts added up; stopped if a rank was. The same on all ranks; `own` itself for one process.
RankResults of_all_ranks(RankResults own, const Communicator& ranks);

}  // namespace seg
