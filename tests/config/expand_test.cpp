#include <gtest/gtest.h>

#include <cstdlib>

#include "config/sample.hpp"
#include "support/support.hpp"

namespace seg::config {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Expand : public testing::Test {
 protected:
  Expand() {
    setenv("SEG_TEST_SET", "/data", 1);
    setenv("SEG_TEST_NUMBER", "12", 1);
    setenv("SEG_TEST_EMPTY", "", 1);
    setenv("SEG_TEST_NESTED", "${SEG_TEST_SET}", 1);
    setenv("SEG_TEST_LATIN", "caf\xE9", 1);
    unsetenv("SEG_TEST_UNSET");
  }
  static std::string name(const std::string& text) { return read_sample("name: \"" + text + "\"\n").name; }
};

TEST_F(Expand, PutsInVariables) { EXPECT_EQ(name("a${SEG_TEST_SET}/${SEG_TEST_NUMBER}b"), "a/data/12b"); }
TEST_F(Expand, DefaultServesUnsetAndEmpty) {
  EXPECT_EQ(name("${SEG_TEST_UNSET:-x y}"), "x y");
  EXPECT_EQ(name("${SEG_TEST_EMPTY:-x}"), "x");
  EXPECT_EQ(name("${SEG_TEST_SET:-x}"), "/data");
  EXPECT_EQ(name("${SEG_TEST_UNSET:-}"), "");
}
TEST_F(Expand, EmptyVariableIsEmptyText) { EXPECT_EQ(name("${SEG_TEST_EMPTY}"), ""); }
TEST_F(Expand, TwoDollarsAreOne) {
  EXPECT_EQ(name("$${SEG_TEST_SET}"), "${SEG_TEST_SET}");
  EXPECT_EQ(name("$$$$"), "$$");
}
TEST_F(Expand, OtherDollarsStay) { EXPECT_EQ(name("a$b$"), "a$b$"); }
TEST_F(Expand, WhatIsPutInStaysAsItIs) { EXPECT_EQ(name("${SEG_TEST_NESTED}"), "${SEG_TEST_SET}"); }
TEST_F(Expand, WorksForNumbersWithAndWithoutQuotes) {
  EXPECT_EQ(read_sample("seed: ${SEG_TEST_NUMBER}").seed, 12);
  EXPECT_EQ(read_sample("data: {ids: [\"${SEG_TEST_NUMBER}\", 1]}").data.ids[0], 12);
  EXPECT_THAT(error_of("seed: ${SEG_TEST_SET}"), HasSubstr("'/data' is not an integer"));
}
TEST_F(Expand, WorksInOverrides) { EXPECT_EQ(read_sample("", {"name=${SEG_TEST_SET}/x"}).name, "/data/x"); }

TEST_F(Expand, UnsetVariableSaysHowToMend) {
  EXPECT_THAT(error_of("data:\n  root: ${SEG_TEST_UNSET}/a\n"),
              testing::Eq("x.yaml:2:9: data.root: the environment variable SEG_TEST_UNSET is not set | "
                          "set it (export SEG_TEST_UNSET=...) or give the value with --set data.root=..."));
}
TEST_F(Expand, UnsetVariableThatIsOverriddenIsHarmless) {
  EXPECT_EQ(read_sample("data: {root: \"${SEG_TEST_UNSET}\"}", {"data.root=/x"}).data.root, "/x");
  const test::TemporaryFolder folder;
  test::write_text(folder / "a.yaml", "data:\n  root: ${SEG_TEST_UNSET}\n");
  test::write_text(folder / "b.yaml", "base: a.yaml\ndata:\n  root: /y\n");
  EXPECT_EQ(read_sample_file(folder / "b.yaml").data.root, "/y");
}
TEST_F(Expand, WorksInBase) {
  const test::TemporaryFolder folder;
  test::write_text(folder / "12.yaml", "seed: 5\n");
  test::write_text(folder / "b.yaml", "base: ${SEG_TEST_NUMBER}.yaml\n");
  EXPECT_EQ(read_sample_file(folder / "b.yaml").seed, 5);
  test::write_text(folder / "c.yaml", "base: ${SEG_TEST_UNSET}.yaml\n");
  EXPECT_THAT(error_of([&] { read_sample_file(folder / "c.yaml"); }), HasSubstr("c.yaml:1:7: base: the environment variable"));
}
TEST_F(Expand, AdviceIsToldWhereTheVariableIsUnset) {
  EXPECT_THAT(error_of("name: \"${SEG_TEST_UNSET:?see the manual}\""), HasSubstr("--set name=...: see the manual"));
  EXPECT_THAT(error_of("name: \"${SEG_TEST_EMPTY:?see the manual}\""), HasSubstr("see the manual"));
  EXPECT_EQ(name("${SEG_TEST_SET:?see the manual}"), "/data");
}
TEST_F(Expand, MistakesAreErrors) {
  EXPECT_THAT(error_of("name: \"${SEG_TEST_SET\""), StartsWith("x.yaml:1:7: name: ${ without a closing brace"));
  EXPECT_THAT(error_of("name: \"${}\""), HasSubstr("'' is not the name of a variable"));
  EXPECT_THAT(error_of("name: \"${1a}\""), HasSubstr("'1a' is not the name of a variable"));
  EXPECT_THAT(error_of("name: \"${A B}\""), HasSubstr("'A B' is not the name of a variable"));
  EXPECT_THAT(error_of("name: \"${SEG_TEST_UNSET:-${HOME}}\""), HasSubstr("contains a dollar sign"));
  EXPECT_THAT(error_of("name: \"${SEG_TEST_LATIN}\""), HasSubstr("not UTF-8"));
}

}  // namespace
}  // namespace seg::config
