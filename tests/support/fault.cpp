#include "support/fault.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace seg::test {

int tries(int few, int many) { return std::getenv("SEG_DRILL") != nullptr ? many : few; }

FaultRow::~FaultRow() {
  testing::Test::RecordProperty("fault", name_);
  testing::Test::RecordProperty("tries", tries_);
  testing::Test::RecordProperty("lost", lost_);
}

bool FaultRow::tried(bool kept) {
  ++tries_;
  if (!kept) ++lost_;
  return kept;
}

}  // namespace seg::test
