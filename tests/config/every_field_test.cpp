// Every field of every kind, given every wrong kind of value and extremes: options or a configuration error, nothing else.
#include <gtest/gtest.h>

#include <algorithm>

#include "config/print.hpp"
#include "config/sample.hpp"

namespace seg::config {
namespace {

const std::vector<std::string> kValues = {"~",
                                          "",
                                          "yes",
                                          "true",
                                          "abc",
                                          "''",
                                          "\"1\"",
                                          "0",
                                          "-1",
                                          "1.5",
                                          "1e400",
                                          "-1e400",
                                          "1e-400",
                                          "9223372036854775807",
                                          "9223372036854775808",
                                          "-9223372036854775809",
                                          "99999999999999999999999999",
                                          "nan",
                                          ".nan",
                                          "inf",
                                          "-.inf",
                                          "0x7F",
                                          "1_0",
                                          "[]",
                                          "[~]",
                                          "[[]]",
                                          "[{}]",
                                          "[1]",
                                          "[a]",
                                          "[1, a]",
                                          "[-1, 99999999]",
                                          "[1e999]",
                                          "[nan]",
                                          "[9223372036854775808, 1]",
                                          "[1.5, 2]",
                                          "{}",
                                          "{a: ~}",
                                          "{a: b}",
                                          "{a: [1]}",
                                          "{a: {b: 1}}",
                                          "{a: nan}",
                                          "{a: 1e999}",
                                          "{1: -1}",
                                          "{'': 1}",
                                          "1x2",
                                          "x",
                                          "1x",
                                          "9223372036854775808x1",
                                          "-1x-1",
                                          "${SEG_TEST_NEVER_SET}",
                                          "${",
                                          "${}",
                                          "$",
                                          "\"\\0\"",
                                          "\"\\uFFFF\"",
                                          "[",
                                          "{",
                                          "]",
                                          "a: b",
                                          "*a",
                                          "&a 1",
                                          "!t 1",
                                          "|",
                                          "- 1",
                                          "\xFF",
                                          "@"};

// Values of kValues that a key takes.
std::vector<std::string> accepted(const std::string& key) {
  std::vector<std::string> values;
  for (const std::string& value : kValues) {
    try {
      read_sample("", {key + "=" + value});
      values.push_back(value);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind, ErrorKind::kConfiguration) << key << "=" << value;
      EXPECT_NE(std::string(error.what()).find("--set " + key), std::string::npos) << error.what();
    }  // any other exception fails the test
  }
  return values;
}

std::vector<std::string> keys() {
  SampleOptions options;
  std::vector<std::string> names = {"data", "train", "train.ema", "constant"};
  for (const Difference& field : listed(fields_of(options))) names.push_back(field.key);
  return names;
}

class EveryField : public testing::TestWithParam<std::string> {};

TEST_P(EveryField, TakesAValueOrEndsInAConfigurationError) { EXPECT_LT(accepted(GetParam()).size(), kValues.size()); }

TEST_P(EveryField, WhatItTakesIsPrintedAndReadBack) {
  for (const std::string& value : accepted(GetParam())) {
    const SampleOptions options = read_sample("", {GetParam() + "=" + value});
    SampleOptions again = read_sample(to_yaml(options));
    again.data.root = options.data.root;  // saved absolute
    EXPECT_EQ(again, options) << GetParam() << "=" << value;
  }
}

INSTANTIATE_TEST_SUITE_P(Sample, EveryField, testing::ValuesIn(keys()), [](const auto& key) {
  std::string name = key.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
});

using testing::ElementsAre;

TEST(EveryKind, TakesExactlyWhatItIs) {
  EXPECT_THAT(accepted("train.deterministic"), ElementsAre("true"));
  EXPECT_THAT(accepted("train.batch_size"), testing::IsEmpty());
  EXPECT_THAT(accepted("seed"), ElementsAre("0", "-1", "9223372036854775807"));
  EXPECT_THAT(accepted("train.ema.decay"), ElementsAre("0"));
  EXPECT_THAT(accepted("data.ids"), ElementsAre("[]", "[1]", "- 1"));
  EXPECT_THAT(accepted("data.scale"), ElementsAre("[]", "[1]", "[1.5, 2]", "- 1"));
  EXPECT_THAT(accepted("data.sides"), ElementsAre("[]"));
  EXPECT_THAT(accepted("data.size"), ElementsAre("1x2"));
  EXPECT_THAT(accepted("data.weights"), ElementsAre("~", "{}", "{'': 1}"));
  EXPECT_THAT(accepted("loss"), testing::IsEmpty());
}

}  // namespace
}  // namespace seg::config
