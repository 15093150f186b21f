#include "config/print.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "config/sample.hpp"

namespace seg::config {
namespace {

using testing::HasSubstr;

SampleOptions round_trip(const SampleOptions& options) { return read_sample(to_yaml(options)); }

TEST(Print, IsBlockYamlInFieldOrder) {
  EXPECT_EQ(to_yaml(SampleOptions{}),
            "name: run\n"
            "loss: ce\n"
            "seed: 0\n"
            "data:\n"
            "  root: \"\"\n"
            "  size: [384, 768]\n"
            "  ids: [1, 2]\n"
            "  scale: [0.75, 1.25]\n"
            "  sides: [left]\n"
            "  weights: {}\n"
            "  workers: 4\n"
            "train:\n"
            "  batch_size: 8\n"
            "  steps: 0\n"
            "  epochs: 0\n"
            "  lr: 0.001\n"
            "  deterministic: true\n"
            "  ema:\n"
            "    decay: 0.999\n"
            "constant: {}\n");
}

TEST(Print, DefaultsReadBack) { EXPECT_EQ(round_trip({}), SampleOptions{}); }

TEST(Print, TextReadsBackWhateverItHolds) {
  const std::vector<std::string> texts = {"",
                                          " ",
                                          "a",
                                          "a b",
                                          " a ",
                                          "a: b",
                                          "a #b",
                                          "#",
                                          "- a",
                                          "-",
                                          "--- a",
                                          "...",
                                          "?",
                                          "[a",
                                          "{a}",
                                          "a,b",
                                          "'",
                                          "\"",
                                          "\\",
                                          "a\\nb",
                                          "a\nb\n",
                                          "\t",
                                          "\r\n",
                                          "~",
                                          "null",
                                          "true",
                                          "Yes",
                                          "no",
                                          "01",
                                          "1.5",
                                          "1e3",
                                          ".5",
                                          ".inf",
                                          "0x1F",
                                          "2020-01-01",
                                          "%a",
                                          "@a",
                                          "`a",
                                          "*a",
                                          "&a",
                                          "!a",
                                          "!!int 3",
                                          "|",
                                          ">",
                                          "$",
                                          "$$",
                                          "${HOME}",
                                          "$${HOME}",
                                          "a${",
                                          "$$$",
                                          "x$",
                                          "\x01\x1B\x7F",
                                          std::string("a\0b", 3),
                                          "Lov\xC3\xA1sz",
                                          "\xC2\x85",
                                          "\xE2\x80\xA8",
                                          "\xEF\xBB\xBF",
                                          "\xF0\x9F\x9A\x97",
                                          "/a/b.c",
                                          "C:\\x",
                                          "<<",
                                          "=",
                                          std::string(5000, 'x'),
                                          std::string(5000, '"')};
  for (const std::string& text : texts) {
    SampleOptions options;
    options.name = text;
    EXPECT_EQ(round_trip(options).name, text) << to_yaml(options);
  }
}

TEST(Print, NumbersReadBackExactly) {
  for (const double value : {0.0, 0.1, 1.0 / 3.0, 1e-3, 1e300, 5e-324, 1.7976931348623157e308, 123456789.123456789, 3e-5, 1e22, 100000.0}) {
    SampleOptions options;
    options.train.lr = value;
    EXPECT_EQ(round_trip(options).train.lr, value) << to_yaml(options);
  }
  for (const std::int64_t value : {INT64_MIN, INT64_MAX, std::int64_t{-1}}) {
    SampleOptions options;
    options.seed = value;
    EXPECT_EQ(round_trip(options).seed, value);
  }
}

TEST(Print, MapsReadBackWithAnyName) {
  SampleOptions options;
  options.data.weights = {{"road", 1.0}, {"a b", 0.1},  {"a: b", 2.0}, {"$x", 3.0},  {"${HOME}", 4.0},
                          {"", 5.0},     {"true", 6.0}, {"#1", 7.0},   {"a,b", 8.0}, {"\n", 9.0}};
  EXPECT_EQ(round_trip(options), options);
}

TEST(Print, ListsReadBack) {
  struct Lists {
    std::vector<std::string> texts = {"a", "", "b, c", "]", "$HOME", "${X}", "1"};
    std::vector<double> numbers = {-0.5, 1e-9};
    std::vector<std::int64_t> none;
    void fields(Visitor& v) {
      v.field("texts", texts, {});
      v.field("numbers", numbers, {});
      v.field("none", none, {});
    }
  };
  const Lists written;
  Lists options;
  options.texts = {};
  options.numbers = {};
  options.none = {1};
  Document::from_text(to_yaml(written), "x.yaml", {}).read_into(options);
  EXPECT_EQ(options.texts, written.texts);
  EXPECT_EQ(options.numbers, written.numbers);
  EXPECT_TRUE(options.none.empty());
}

TEST(Print, PathsBecomeAbsolute) {
  SampleOptions options;
  options.data.root = "some/../folder";
  EXPECT_EQ(round_trip(options).data.root, (std::filesystem::current_path() / "folder").string());
}

TEST(Print, OptionsThatCannotBeReadBackAreErrors) {
  SampleOptions options;
  options.name = "\xFF";
  EXPECT_THAT(error_of([&] { to_yaml(options); }), HasSubstr("name: "));
  options = {};
  options.train.lr = std::numeric_limits<double>::infinity();
  EXPECT_THROW(to_yaml(options), Error);
}

TEST(Print, AChoiceIsItsText) {
  SampleOptions options;
  options.loss = Objective::kWeightedCe;
  EXPECT_THAT(to_yaml(options), HasSubstr("\nloss: weighted_ce\n"));
  EXPECT_EQ(round_trip(options).loss, Objective::kWeightedCe);
}

TEST(Print, AValueWithoutANameIsAnError) {
  SampleOptions options;
  options.loss = static_cast<Objective>(7);
  EXPECT_THROW(to_yaml(options), Error);
}

TEST(Settings, OfferTheChoices) { EXPECT_THAT(setting_words(SampleOptions{}), testing::IsSupersetOf({"loss=ce", "loss=weighted_ce", "seed="})); }

TEST(Differences, NameKeyAndBothValues) {
  SampleOptions after;
  after.train.batch_size = 4;
  after.data.workers = 9;
  const std::vector<Difference> found = differences(SampleOptions{}, after);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].key, "data.workers");
  EXPECT_EQ(found[0].before, "4");
  EXPECT_EQ(found[0].after, "9");
  EXPECT_TRUE(found[0].harmless);
  EXPECT_EQ(found[1].key, "train.batch_size");
  EXPECT_FALSE(found[1].harmless);
}

TEST(Differences, NoneBetweenEqualOptions) { EXPECT_TRUE(differences(SampleOptions{}, SampleOptions{}).empty()); }

TEST(Differences, PathsAreHeldAgainstEachOtherAbsolute) {
  SampleOptions before, after;
  before.data.root = "x";
  after.data.root = (std::filesystem::current_path() / "x").string();
  EXPECT_TRUE(differences(before, after).empty());
}

TEST(Help, AlignsFieldsUnderTheirBlock) {
  const std::string text = help_text(SampleOptions{});
  EXPECT_THAT(text, HasSubstr("\ntrain: how long and how fast\n"
                              "  train.batch_size     8      images  [1, 4096]\n"
                              "      images of one step\n"
                              "  train.steps          0              >= 0\n"
                              "      so many steps\n"
                              "  train.epochs         0              >= 0\n"
                              "      or so many passes\n"
                              "  train.lr             0.001          >= 0\n"
                              "      learning rate\n"
                              "  train.deterministic  true\n"
                              "      the same result every time\n"
                              "\ntrain.ema: average of the weights\n"
                              "  train.ema.decay  0.999  [0, 1]  share of the old average\n"));
  EXPECT_THAT(text, HasSubstr("  loss  ce   ce|weighted_ce|recall  what is minimised\n"));
  EXPECT_THAT(text, testing::StartsWith("  name  run"));
}

TEST(Help, StaysWithinEightyColumns) {
  struct Long {
    std::string type = "a default that is longer than its column allows";
    void fields(Visitor& v) {
      v.field("a_rather_long_name_of_a_field_as_no_one_needs", type,
              {.help = "a text that is so long that it cannot stand in one line with all that comes before it and goes on and on",
               .unit = "units",
               .choices = {"the_first_choice", "the_second_choice", "the_third_choice", "the_fourth_choice"}});
    }
  };
  std::istringstream text(help_text(Long{}));
  int lines = 0;
  for (std::string line; std::getline(text, line); ++lines) EXPECT_LE(line.size(), 80U) << line;
  EXPECT_GE(lines, 3);
}

TEST(Help, NamesEveryField) {
  const std::string text = help_text(SampleOptions{});
  SampleOptions options;
  const std::vector<Difference> fields = listed(fields_of(options));
  EXPECT_EQ(fields.size(), 16U);
  for (const Difference& field : fields) EXPECT_THAT(text, HasSubstr("  " + field.key + " "));
}

}  // namespace
}  // namespace seg::config
