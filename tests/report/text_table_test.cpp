#include "report/text_table.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace seg {
namespace {

TEST(Text, NumbersForPeople) {
  EXPECT_EQ(percent(0.84731), "84.7");
  EXPECT_EQ(percent(std::nullopt), "-");
  EXPECT_EQ(fixed(std::numeric_limits<double>::quiet_NaN(), 2), "-");
  EXPECT_EQ(fixed(1e300, 1), "1.0e+300");
}

TEST(Text, ExactNumbersReadBackTheSame) {
  EXPECT_EQ(std::stod(exact(1.0 / 3.0)), 1.0 / 3.0);
  EXPECT_EQ(exact(std::nullopt), "");
}

TEST(TextTable, CsvQuotesWhatNeedsIt) {
  const TextTable table{.header = {"name", "n"}, .rows = {{"a,b", "1"}, {"say \"x\"", "2"}, {"two\nlines", "3"}}};
  EXPECT_EQ(table.csv(), "name,n\n\"a,b\",1\n\"say \"\"x\"\"\",2\n\"two\nlines\",3\n");
}

TEST(TextTable, MarkdownEscapesBars) {
  const TextTable table{.header = {"a", "b"}, .rows = {{"x|y", "1\n2"}}};
  EXPECT_EQ(table.markdown(), "| a | b |\n|---|---:|\n| x\\|y | 1 2 |\n");
}

TEST(TextTable, MarkdownMarksTheBest) {
  const TextTable table{.header = {"a", "b"}, .rows = {{"x", "1"}, {"y", "2"}}, .best = {{1, 1}}};
  EXPECT_EQ(table.markdown(), "| a | b |\n|---|---:|\n| x | 1 |\n| y | **2** |\n");
}

TEST(TextTable, PlainAlignsByCharacters) {
  const TextTable table{.header = {"class", "x"}, .rows = {{"é", "1.0 ± 2"}, {"road", "5"}}};
  EXPECT_EQ(table.plain(), "class        x\né      1.0 ± 2\nroad         5\n");
}

}  // namespace
}  // namespace seg
