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

TEST(BenchReport, PrintsLinesAsOneTable) {
  BenchReport report("conv");
  report.add_line("shape", "1x1", {{"times", 2}, {"rate", 123.456}});
  report.add_line("shape", "3x3", {{"times", 12}, {"rate", std::nullopt}});
  report.add("best", "rate", 0.5, "GFLOP/s");
  EXPECT_THAT(report.text(), HasSubstr("shape  times   rate\n1x1        2  123.5\n3x3       12      -\n\nbest"));
  EXPECT_EQ(report.json().at("results").at("shape"), nlohmann::ordered_json::parse(R"({"1x1": {"times": 2.0, "rate": 123.456},
    "3x3": {"times": 12.0, "rate": null}})"));
}

TEST(BenchReport, WritesEverythingAsJson) {
  const auto expected = nlohmann::ordered_json::parse(R"({"benchmark": "train", "facts": {"threads": 2}, "results": {
    "synthetic": {"step": {"median": 2100.0, "min": 2000.0, "max": 2300.0, "mean": 2133.3333333333335, "runs": 3, "unit": "ms"}},
    "summary": {"ratio": {"value": 0.97}, "unknown": {"value": null, "unit": "MB"}}}})");
  EXPECT_EQ(example().json(), expected);
}

}  // namespace
}  // namespace seg
