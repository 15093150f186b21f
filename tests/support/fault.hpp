// Counts of the faults that tests try, for the table of scripts/fault_drill.sh.
#pragma once

#include <string>

namespace seg::test {

/// How often to try: `few` times in the tests, `many` times in the drill (SEG_DRILL=1).
int tries(int few, int many);

/// The first `few` of them in the tests, all in the drill.
template <class List>
List tried_of(List all, std::size_t few) {
  all.resize(static_cast<std::size_t>(tries(static_cast<int>(few), static_cast<int>(all.size()))));
  return all;
}

/// The tries of one test for one row of the table; they are recorded as properties of the test when the object dies.
class FaultRow {
 public:
  /// `name`: the row's, as in scripts/fault_table.py.
  explicit FaultRow(std::string name) : name_(std::move(name)) {}
  ~FaultRow();
  FaultRow(const FaultRow&) = delete;
  FaultRow& operator=(const FaultRow&) = delete;

  /// One try. Returns `kept`: whether nothing was lost, and what had to happen did.
  bool tried(bool kept);

 private:
  std::string name_;
  int tries_ = 0;
  int lost_ = 0;
};

}  // namespace seg::test
