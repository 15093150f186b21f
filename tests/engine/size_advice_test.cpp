#include <gmock/gmock.h>

#include "engine/training/experiment.hpp"

namespace seg {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string advice(bool crop, const Size& size, const Size& frame) {
  RunConfig config;
  config.augment.crop = crop;
  config.augment.scale.max = 1.5;
  config.data.size = size;
  return size_advice(config, frame);
}

TEST(SizeAdvice, IsSilentWhereTheSizeSuits) {
  EXPECT_EQ(advice(false, {384, 768}, {760, 1280}), "");
  EXPECT_EQ(advice(false, {100, 100}, {48, 64}), "");
  EXPECT_EQ(advice(true, {96, 64}, {64, 64}), "");  // the largest scale fills it
}

TEST(SizeAdvice, SeesAnExchangedHeightAndWidth) { EXPECT_THAT(advice(false, {768, 384}, {760, 1280}), HasSubstr("height and width swapped")); }

TEST(SizeAdvice, SeesCropsThatNoFrameFills) {
  EXPECT_THAT(advice(true, {256, 256}, {48, 64}), AllOf(HasSubstr("256x256"), HasSubstr("48x64"), HasSubstr("padded"), Not(HasSubstr("swapped"))));
  EXPECT_THAT(advice(true, {640, 480}, {360, 480}), AllOf(HasSubstr("padded"), HasSubstr("swapped")));
}

}  // namespace
}  // namespace seg
