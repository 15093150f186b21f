#include "bench/report.hpp"

#include <gmock/gmock.h>

namespace seg {
namespace {

using testing::AllOf;
using testing::HasSubstr;

BenchReport example() {
  BenchReport report("train");
  report.fact("threads", 2);
  report.add("synthetic", "step", measurement_of({2100, 2000, 2300}), "ms");
  report.add("summary", "ratio", 0.97, "");
  report.add("summary", "unknown", std::nullopt, "MB");
  return report;
}

TEST(BenchReport, PrintsATableASection) {
  EXPECT_THAT(example().text(),
              AllOf(HasSubstr("threads: 2\n"), HasSubstr("synthetic  unit  median   min   max\nstep         ms    2100  2000  2300\n"),
                    HasSubstr("ratio          0.9700"), HasSubstr("unknown    MB       -")));
}

TEST(BenchReport, WritesEverythingAsJson) {
  const auto expected = nlohmann::ordered_json::parse(R"({"benchmark": "train", "facts": {"threads": 2}, "results": {
    "synthetic": {"step": {"median": 2100.0, "min": 2000.0, "max": 2300.0, "mean": 2133.3333333333335, "runs": 3, "unit": "ms"}},
    "summary": {"ratio": {"value": 0.97}, "unknown": {"value": null, "unit": "MB"}}}})");
  EXPECT_EQ(example().json(), expected);
}

}  // namespace
}  // namespace seg
