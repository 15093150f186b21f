#include "engine/evaluation/class_mapping.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"

namespace seg {
namespace {

using testing::ElementsAre;

ClassTable table(const std::vector<std::string>& names) {
  ClassTable classes;
  for (const std::string& name : names) classes.push_back({name, {}, static_cast<std::int64_t>(classes.size())});
  return classes;
}

TEST(ClassMapping, EqualTablesNeedNone) { EXPECT_TRUE(map_classes(table({"Road", "Car"}), table({"Road", "Car"})).identity()); }

TEST(ClassMapping, NamesAgreeWithoutRegardToCaseAndSpaces) {
  const ClassMapping mapping = map_classes(table({"TrafficSign", "Road"}), table({"road", "traffic sign"}));
  EXPECT_THAT(mapping.model_to_data, ElementsAre(1, 0));
  EXPECT_THAT(mapping.ignored_truth, ElementsAre(false, false));
}

TEST(ClassMapping, SynonymsAgree) { EXPECT_THAT(map_classes(table({"Pedestrian"}), table({"sky", "person"})).model_to_data, ElementsAre(1)); }

TEST(ClassMapping, ListsWhatHasNoCounterpart) {
  const ClassMapping mapping = map_classes(table({"Road", "LaneMarking"}), table({"road", "train"}));
  EXPECT_THAT(mapping.model_to_data, ElementsAre(0, kIgnoreLabel));
  EXPECT_THAT(mapping.model_only, ElementsAre("LaneMarking"));
  EXPECT_THAT(mapping.data_only, ElementsAre("train"));
  EXPECT_THAT(mapping.ignored_truth, ElementsAre(false, true));
}

TEST(ClassMapping, NothingInCommonIsAnError) { EXPECT_THROW(map_classes(table({"cat"}), table({"dog"})), Error); }

}  // namespace
}  // namespace seg
