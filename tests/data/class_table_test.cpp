#include "data/class_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "support/support.hpp"

namespace seg {
namespace {

using test::TemporaryFolder;
using testing::HasSubstr;

ClassFile read(const std::string& yaml) {
  const TemporaryFolder folder;
  test::write_text(folder / "classes.yaml", yaml);
  return read_class_file(folder / "classes.yaml");
}

std::string defect_of(const std::string& yaml) {
  try {
    read(yaml);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kConfiguration);
    return error.what() + std::string(" | ") + error.hint;
  }
  return {};
}

ClassFile shipped(const std::string& name) { return read_class_file(test::repository_file("data/" + name + ".yaml")); }

const char* kTwo = "classes:\n- {name: a, id: 5, color: [1, 2, 3]}\n- {name: b, id: 3, color: [4, 5, 6]}\n";

TEST(ClassFile, GivesTrainIdsInTheOrderOfTheFile) {
  const ClassFile file = read(kTwo);
  const ClassTable table = class_table(file, false);
  ASSERT_EQ(table.size(), 2u);
  EXPECT_EQ(table[0], (ClassInfo{"a", {1, 2, 3}, 5}));
  EXPECT_EQ(train_ids(file, false), (std::map<std::int64_t, std::uint8_t>{{5, 0}, {3, 1}}));
}

TEST(ClassFile, IgnoresVoidUnlessItIsTrained) {
  const ClassFile file = read(std::string(kTwo) + "void: [{name: v, id: 0, color: [0, 0, 0]}]\nignore: [9]\n");
  EXPECT_EQ(train_ids(file, false).at(0), kIgnoreLabel);
  EXPECT_EQ(train_ids(file, false).at(9), kIgnoreLabel);
  EXPECT_EQ(class_table(file, true).size(), 3u);
  EXPECT_EQ(train_ids(file, true).at(0), 2);
  EXPECT_EQ(train_ids(file, true).at(9), 2);
}

TEST(ClassFile, PutsVoidWhereTrainIdSays) {
  const ClassFile file =
      read(std::string(kTwo) + "void:\n- {name: w, id: 2, color: [0, 0, 1], train_id: 3}\n- {name: v, id: 0, color: [0, 0, 0], train_id: 0}\n");
  const auto ids = train_ids(file, true);
  EXPECT_EQ(ids, (std::map<std::int64_t, std::uint8_t>{{0, 0}, {5, 1}, {3, 2}, {2, 3}}));
}

TEST(ClassFile, RefusesVoidTrainWithoutVoid) {
  const ClassFile file = read(kTwo);
  EXPECT_THROW(class_table(file, true), Error);
}

TEST(ClassFile, NamesTheLineOfADefect) {
  EXPECT_THAT(defect_of("classes:\n- {name: a, id: 1, colour: [1, 2, 3]}\n"),
              HasSubstr("classes.yaml:2:20: unknown key 'colour' | did you mean 'color'?"));
  EXPECT_THAT(defect_of("classes:\n- {name: a, id: 1, color: [1, 2, 300]}\n"), HasSubstr("classes.yaml:2:34: expected a whole number in 0 .. 255"));
  EXPECT_THAT(defect_of("classes: [\n"), HasSubstr("classes.yaml:"));
}

TEST(ClassFile, RefusesWhatIsGivenTwice) {
  EXPECT_THAT(defect_of(std::string(kTwo) + "- {name: a, id: 7, color: [7, 7, 7]}\n"), HasSubstr("name 'a' is given twice"));
  EXPECT_THAT(defect_of(std::string(kTwo) + "- {name: c, id: 5, color: [7, 7, 7]}\n"), HasSubstr("id 5 is given twice"));
  EXPECT_THAT(defect_of(std::string(kTwo) + "- {name: c, id: 7, color: [4, 5, 6]}\n"), HasSubstr("color is given twice"));
  EXPECT_THAT(defect_of(std::string(kTwo) + "ignore: [3]\n"), HasSubstr("id 3 is given twice"));
  EXPECT_THAT(defect_of(std::string(kTwo) + "classes: []\n"), HasSubstr("'classes' is given twice"));
}

TEST(ClassFile, RefusesWrongTypesAndMissingKeys) {
  EXPECT_THAT(defect_of("- 1\n"), HasSubstr("expected a map"));
  EXPECT_THAT(defect_of("void: []\n"), HasSubstr("'classes' is missing"));
  EXPECT_THAT(defect_of("classes: []\n"), HasSubstr("the list of classes is empty"));
  EXPECT_THAT(defect_of("classes: [{name: a, id: 1}]\n"), HasSubstr("'color' is missing"));
  EXPECT_THAT(defect_of("classes: [{name: a, id: -1, color: [0, 0, 0]}]\n"), HasSubstr("0 .. 65535"));
  EXPECT_THAT(defect_of("classes: [{name: a, id: 1, color: red}]\n"), HasSubstr("expected a list"));
}

TEST(ClassFile, NumbersAreDecimalAndWithoutQuotes) {
  EXPECT_EQ(read("classes: [{name: a, id: 010, color: [0, 08, 0]}]\n").classes[0], (ClassInfo{"a", {0, 8, 0}, 10}));
  EXPECT_THAT(defect_of("classes: [{name: a, id: 0x10, color: [0, 0, 0]}]\n"), HasSubstr("classes.yaml:1:25: expected a whole number"));
  EXPECT_THAT(defect_of("classes: [{name: a, id: '1', color: [0, 0, 0]}]\n"), HasSubstr("expected a whole number"));
}

TEST(ClassFile, AMissingFileHasTheNearestName) {
  const TemporaryFolder folder;
  test::write_text(folder / "classes.yaml", kTwo);
  try {
    read_class_file(folder / "clases.yaml");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kConfiguration);
    EXPECT_THAT(error.what(), HasSubstr("no class table"));
    EXPECT_THAT(error.hint, HasSubstr((folder / "classes.yaml").string()));
  }
}

TEST(ClassFile, HoldsAtMost255Classes) {
  std::string yaml = "classes:\n";
  for (int i = 0; i < 255; ++i)
    yaml += "- {name: c" + std::to_string(i) + ", id: " + std::to_string(i) + ", color: [1, 1, " + std::to_string(i) + "]}\n";
  EXPECT_EQ(read(yaml).classes.size(), 255u);
  EXPECT_THAT(defect_of(yaml + "- {name: more, id: 999, color: [2, 2, 2]}\n"), HasSubstr("256 classes"));
}

TEST(ShippedTables, HaveThePublishedClassCounts) {
  const auto count = [](const char* name, bool train_void) { return class_table(shipped(name), train_void).size(); };
  EXPECT_EQ(count("synthia_seqs", false), 13u);
  EXPECT_EQ(count("synthia_seqs", true), 16u);
  EXPECT_EQ(count("synthia_rand16", false), 16u);
  EXPECT_EQ(count("synthia_rand19", false), 19u);
  EXPECT_EQ(count("cityscapes", false), 19u);
  EXPECT_EQ(count("cityscapes", true), 20u);
  EXPECT_EQ(count("camvid", false), 11u);
  EXPECT_EQ(count("camvid", true), 12u);
}

TEST(ShippedTables, TrainSynthiaVoidAsThePaperDoes) {
  const ClassTable table = class_table(shipped("synthia_seqs"), true);
  for (std::size_t i = 0; i < table.size(); ++i) EXPECT_EQ(table[i].file_id, static_cast<std::int64_t>(i)) << table[i].name;
}

TEST(ShippedTables, CoverEveryIdOfTheirSet) {
  const auto cityscapes = train_ids(shipped("cityscapes"), false);
  for (std::int64_t id = 0; id <= 33; ++id) EXPECT_TRUE(cityscapes.contains(id)) << id;
  EXPECT_EQ(cityscapes.at(7), 0);
  EXPECT_EQ(cityscapes.at(33), 18);
  EXPECT_EQ(cityscapes.at(29), kIgnoreLabel);
  for (const char* name : {"synthia_rand16", "synthia_rand19"}) {
    const auto ids = train_ids(shipped(name), false);
    for (std::int64_t id = 0; id <= 22; ++id) EXPECT_TRUE(ids.contains(id)) << name << " " << id;
  }
}

TEST(ShippedTables, MapRandTo16And19ClassesAsPublished) {
  const auto to16 = train_ids(shipped("synthia_rand16"), false);
  const auto to19 = train_ids(shipped("synthia_rand19"), false);
  EXPECT_EQ(to16.at(21), 3);
  EXPECT_EQ(to16.at(19), 13);
  EXPECT_EQ(to16.at(11), 15);
  EXPECT_EQ(to16.at(16), kIgnoreLabel);
  EXPECT_EQ(to19.at(16), 9);
  EXPECT_EQ(to19.at(19), 15);
  EXPECT_EQ(to19.at(11), 18);
  EXPECT_EQ(to19.at(22), kIgnoreLabel);
}

}  // namespace
}  // namespace seg
