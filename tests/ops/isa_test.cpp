#include "ops/cpu/isa.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <string>

#include "base/error.hpp"

namespace seg::cpu {
namespace {

TEST(Isa, TheBestOneUnlessOneIsNamed) {
  EXPECT_EQ(instruction_set_named("portable"), InstructionSet::kPortable);
  EXPECT_GE(instruction_set_named(nullptr), InstructionSet::kPortable);
}

TEST(Isa, TheKernelsAreThoseOfTheEnvironment) { EXPECT_EQ(instruction_set(), instruction_set_named(std::getenv("SEG_KERNELS"))); }

TEST(Isa, WhatTheProcessorHasNotIsRefusedWithWhatItHas) {
  try {
    instruction_set_named("mmx");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kConfiguration);
    EXPECT_STREQ(error.what(), "SEG_KERNELS=mmx: this processor does not support these kernels");
    EXPECT_THAT(error.hint, testing::HasSubstr("portable"));
  }
}

}  // namespace
}  // namespace seg::cpu
