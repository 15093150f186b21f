#include <gmock/gmock.h>

#include "base/app.hpp"

namespace seg {
namespace {

using testing::HasSubstr;

std::string told(const Program& program, const std::vector<std::string>& words) {
  const Error error = usage_error(program, words, "the parser's words");
  EXPECT_EQ(error.kind, ErrorKind::kConfiguration);
  return std::string(error.what()) + " | " + error.hint;
}

class Usage : public testing::Test {
 protected:
  std::string text_;
  bool flag_ = false;
  Program plain_{.name = "program", .help = "", .options = {{"--text", "", &text_}, {"--flag", "", &flag_}}, .run = [] { return 0; }};
  Program verbs_{.name = "program", .help = "", .verbs = {{"check", "", {{"--text", "", &text_}}, {}}, {"go", "", {}, {}}}};
};

TEST_F(Usage, AnUnknownOptionIsNamedWithTheOneMeant) {
  EXPECT_EQ(told(plain_, {"--flag", "--txt=3"}), "program has no option --txt | did you mean --text? program --help lists the options");
  EXPECT_EQ(told(verbs_, {"check", "--txt", "3"}), "program check has no option --txt | did you mean --text? program check --help lists the options");
}

TEST_F(Usage, AStrayWordIsNamedAndAValueIsNone) {
  EXPECT_THAT(told(plain_, {"--text", "a", "b"}), HasSubstr("'b' does not belong to any option"));
  EXPECT_THAT(told(plain_, {"--text", "--flag"}), HasSubstr("the parser's words"));
  EXPECT_THAT(told(plain_, {"--flag", "b"}), HasSubstr("'b' does not belong"));
}

TEST_F(Usage, AMissingOrWrongVerbIsToldWithThoseThereAre) {
  EXPECT_THAT(told(verbs_, {}), HasSubstr("write program check or go;"));
  EXPECT_EQ(told(verbs_, {"chek"}), "program has no verb chek | did you mean check? the verbs are check or go; program --help explains them");
}

}  // namespace
}  // namespace seg
