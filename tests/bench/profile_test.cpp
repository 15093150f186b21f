#include "bench/profile.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "base/error.hpp"
#include "bench/peak_rate.hpp"
#include "support/support.hpp"

namespace seg {
namespace {

using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::Not;

TEST(Profile, TheHeaviestOperatorComesFirst) {
  const torch::Tensor a = torch::rand({256, 256});
  const auto entries = profile(torch::kCPU, [&] { at::relu(at::mm(a, at::mm(a, a))); });
  EXPECT_EQ(entries.front().name, "aten::mm");
  EXPECT_EQ(entries.front().calls, 2);
  EXPECT_THAT(entries, Contains(Field(&ProfileEntry::name, "aten::relu")));
}

TEST(Profile, WhatAnOperatorCallsIsNotItsOwnTime) {
  const torch::Tensor a = torch::rand({256, 256});
  const auto entries = profile(torch::kCPU, [&] { at::matmul(a, a); });  // no more than a call of mm
  EXPECT_EQ(entries.front().name, "aten::mm");
  EXPECT_THAT(entries, Contains(Field(&ProfileEntry::name, "aten::matmul")));
}

TEST(Profile, NothingSeenIsAnError) {
  const auto kind = [] {
    try {
      profile(torch::kCPU, [] {});
    } catch (const Error& error) {
      return error.kind;
    }
    return ErrorKind::kInternal;
  };
  EXPECT_EQ(kind(), ErrorKind::kConfiguration);
}

TEST(Profile, TheTextHasTheFirst25OfAStep) {
  std::vector<ProfileEntry> entries;
  for (int i = 0; i < 30; ++i) entries.push_back({"kernel_" + std::to_string(i) + std::string(i == 0 ? 1000 : 0, '<'), i == 0 ? 0.071 : 0.001, 4});
  const std::string text = profile_text("steps", entries, 2);
  EXPECT_THAT(text, HasSubstr("steps: 50.000 ms a step, of 2 steps\n"));
  EXPECT_THAT(text, HasSubstr("    35.5000  71.0%           2.0  kernel_0<<<"));
  EXPECT_THAT(text, testing::AllOf(HasSubstr("kernel_24\n"), Not(HasSubstr("kernel_25"))));
  EXPECT_LT(text.find("kernel_1\n"), 400u);  // names of templates are cut
}

TEST(PeakRate, ItsNumbersAreDrawnInTheTypeInWhichTheyAreUsed) {
  const auto entries = profile(torch::kCPU, [] { const PeakRate peak({torch::kCPU, torch::kBFloat16}, 64); });
  EXPECT_THAT(entries, Contains(Field(&ProfileEntry::name, "aten::rand")));
  EXPECT_THAT(entries, Not(Contains(Field(&ProfileEntry::name, "aten::_to_copy"))));
}

}  // namespace
}  // namespace seg
