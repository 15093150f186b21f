#include <gmock/gmock.h>

#include "base/app.hpp"
#include "base/wrap.hpp"

namespace seg {
namespace {

using testing::ElementsAre;

TEST(Completion, IsALineForEachFactOfTheTable) {
  bool flag = false;
  std::string kind, run;
  std::filesystem::path file;
  std::int64_t count = 0;
  const Program program{.name = "program",
                        .help = "test",
                        .options = {{"--flag", "", &flag}, {"run", "", &run}},
                        .verbs = {{"go",
                                   "",
                                   {{.name = "--kind",
                                     .help = "",
                                     .value = &kind,
                                     .words =
                                         [] {
                                           return std::vector<std::string>{"a", "b"};
                                         }},
                                    {"--file", "", &file},
                                    {"--count", "", &count}},
                                   {}}}};
  EXPECT_EQ(completion_table(program),
            "_seg_options['program']='go --flag <file> --help --version'\n"
            "_seg_options['program go']='--kind --file --count --help'\n"
            "_seg_values['--kind']='a b'\n"
            "_seg_values['--file']='<file>'\n"
            "_seg_values['--count']=''\n");
}

TEST(Wrapped, BreaksBetweenWordsAndKeepsLongOnesWhole) {
  EXPECT_THAT(wrapped("one two three", 7), ElementsAre("one two", "three"));
  EXPECT_THAT(wrapped("a longer-than-that b", 5), ElementsAre("a", "longer-than-that", "b"));
  EXPECT_THAT(wrapped("", 5), ElementsAre());
}

}  // namespace
}  // namespace seg
