// What a text may be before any field is asked for.
#include <gtest/gtest.h>

#include <string>

#include "config/sample.hpp"

namespace seg::config {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(Yaml, EmptyTextIsAllDefaults) {
  EXPECT_EQ(read_sample(""), SampleOptions{});
  EXPECT_EQ(read_sample("# only a comment\n"), SampleOptions{});
  EXPECT_EQ(read_sample("---\n"), SampleOptions{});
}

TEST(Yaml, ByteOrderMarkAndWindowsLineEndsAreFine) {
  EXPECT_EQ(read_sample("\xEF\xBB\xBFseed: 3\r\nname: b\r\n").name, "b");
  EXPECT_THAT(error_of("\xEF\xBB\xBFseed: 3\r\nnam: b\r\n"), StartsWith("x.yaml:2:1: "));
}

TEST(Yaml, LoneCarriageReturnsEndLines) { EXPECT_THAT(error_of("seed: 3\rnam: b\r"), StartsWith("x.yaml:2:1: ")); }

TEST(Yaml, RootMustBeAMap) {
  EXPECT_THAT(error_of("- a\n"), HasSubstr("x.yaml:1:1: expected keys, found a list"));
  EXPECT_THAT(error_of("seed:3\n"), HasSubstr("a space after the colon"));
}

TEST(Yaml, SyntaxErrorsKeepTheParsersPlace) {
  EXPECT_THAT(error_of("seed: 3\nname: [a, b\n"), StartsWith("x.yaml:3:1: bad YAML: "));
  EXPECT_THAT(error_of("train:\n\tlr: 1\n"), StartsWith("x.yaml:2:4: bad YAML: "));
}

TEST(Yaml, DuplicateKeyNamesBothPlaces) {
  EXPECT_THAT(error_of("train:\n  lr: 1\n  lr: 2\n"),
              testing::Eq("x.yaml:3:3: key 'lr' is given twice | first given at x.yaml:2:3; remove one of them"));
}

TEST(Yaml, SameKeyInTwoBlocksIsNoDuplicate) { EXPECT_EQ(read_sample("train: {ema: {decay: 0.5}}\ndata: {workers: 1}").train.ema.decay, 0.5); }

TEST(Yaml, SecondDocumentIsRefused) {
  EXPECT_THAT(error_of("seed: 1\n---\nseed: 2\n"), HasSubstr("a second document"));
  EXPECT_THAT(error_of("{seed: 1} {seed: 2}"), HasSubstr("a second document"));
}

TEST(Yaml, AnchorsAliasesAndTagsAreRefused) {
  EXPECT_THAT(error_of("seed: &a 3\n"), StartsWith("x.yaml:1:7: an anchor"));
  EXPECT_THAT(error_of("data: &a {}\n"), HasSubstr("an anchor"));
  EXPECT_THAT(error_of("seed: *a\n"), HasSubstr("x.yaml:1:7: "));
  EXPECT_THAT(error_of("seed: !!int 3\n"), HasSubstr("a tag"));
}

TEST(Yaml, AliasBombCostsNothing) {
  std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c <= 'z'; ++c) {
    const std::string before(1, static_cast<char>(c - 1));
    bomb += std::string(1, c) + ": &" + c + " [*" + before + ", *" + before + ", *" + before + ", *" + before + ", *" + before + "]\n";
  }
  EXPECT_THAT(error_of(bomb), StartsWith("x.yaml:1:4: an anchor"));
}

TEST(Yaml, KeysMustBeNames) {
  EXPECT_THAT(error_of("[a, b]: 1\n"), HasSubstr("a list cannot be a key"));
  EXPECT_THAT(error_of("? {a: 1}\n: 1\n"), HasSubstr("cannot be a key"));
  EXPECT_THAT(error_of("~: 1\n"), HasSubstr("a key is missing"));
}

TEST(Yaml, NestingIsLimited) {
  std::string nested = "1";
  for (int i = 0; i < 19; ++i) nested = "{a: " + nested + "}";
  EXPECT_THAT(error_of("a: " + nested), HasSubstr("unknown key 'a'"));
  EXPECT_THAT(error_of("a: {a: " + nested + "}"), HasSubstr("nested deeper than 20 levels"));
}

TEST(Yaml, DeepNestingDoesNotOverflowTheStack) {
  for (const char* opening : {"[", "{", "- ", "? ", "a: [", "{a: ", "[{a: ", "!", "&a ", "\"", "'", "|"}) {
    std::string text;
    while (text.size() < 60'000) text += opening;
    EXPECT_THAT(error_of(text), StartsWith("x.yaml:")) << opening;
  }
}

TEST(Yaml, OverOneMegabyteIsRefused) {
  EXPECT_THAT(error_of("name: " + std::string(1 << 20, 'a')), StartsWith("x.yaml:1:1: larger than 1 MB"));
  EXPECT_EQ(read_sample("name: " + std::string((1 << 20) - 6, 'a')).name.size(), (1U << 20) - 6);
}

TEST(Yaml, ControlCharactersAreRefusedWithTheirPlace) {
  for (const char c : {'\0', '\x01', '\x04', '\x1B', '\x7F'}) {
    EXPECT_THAT(error_of(std::string("seed: 1\nname: a") + c + "b\n"), StartsWith("x.yaml:2:8: control character " + std::to_string(c)));
  }
}

TEST(Yaml, BadUtf8IsRefusedWithItsPlace) {
  for (const char* bad : {"\xFF", "\xC3", "\x80", "\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE2\x82"}) {
    EXPECT_THAT(error_of(std::string("seed: 1\nname: a") + bad), StartsWith("x.yaml:2:8: this is not UTF-8"));
  }
  EXPECT_EQ(read_sample("name: Lov\xC3\xA1sz").name, "Lov\xC3\xA1sz");
}

TEST(Yaml, MessageStaysOnOneLine) { EXPECT_THAT(error_of("\"a\\nb\": 1"), HasSubstr("unknown key 'a?b'")); }

// Every prefix and every damaged byte of a good text ends in options or in a configuration error.
TEST(Yaml, DamagedTextNeverEndsInAnotherException) {
  const std::string good = "name: \"a\\tb\" # c\ndata: {root: '${HOME}', size: [1, 2]}\ntrain:\n  lr: 1e-3\n  ema:\n    decay: .5\nloss: |\n  ce\n";
  int errors = 0;
  const auto attempt = [&](const std::string& text) {
    try {
      read_sample(text);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind, ErrorKind::kConfiguration);
      ++errors;
    }
  };
  for (std::size_t i = 0; i < good.size(); ++i) {
    attempt(good.substr(0, i));
    for (const char c : {'\0', '\n', '\t', ' ', '"', '\'', '{', '}', '[', ']', ':', '-', '&', '*', '!', '%', '@', '$', ',', '?', '|', '\\', '\xFF'}) {
      std::string damaged = good;
      damaged[i] = c;
      attempt(damaged);
    }
  }
  EXPECT_GT(errors, 1000);
}

}  // namespace
}  // namespace seg::config
