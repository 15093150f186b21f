#include "engine/frame_size.hpp"

#include <gtest/gtest.h>

namespace seg {
namespace {

RunConfig config_with(bool crop, const std::string& input, const std::string& size) {
  RunConfig config;
  config.data.size = {20, 30};
  config.augment.crop = crop;
  config.eval.input = input;
  config.eval.size = size;
  return config;
}

TEST(FrameSize, TrainingResizesWholeFramesUnlessItCrops) {
  EXPECT_EQ(training_frame(config_with(false, "auto", "labels")), (FrameSize{{20, 30}, {20, 30}}));
  EXPECT_EQ(training_frame(config_with(true, "auto", "labels")), FrameSize());
}

TEST(FrameSize, EvaluationFollowsTrainingUnlessToldOtherwise) {
  EXPECT_EQ(evaluation_frame(config_with(false, "auto", "labels")), (FrameSize{{20, 30}, {}}));
  EXPECT_EQ(evaluation_frame(config_with(true, "auto", "labels")), FrameSize());
  EXPECT_EQ(evaluation_frame(config_with(false, "native", "labels")), FrameSize());
  EXPECT_EQ(evaluation_frame(config_with(true, "resized", "labels")), (FrameSize{{20, 30}, {}}));
}

TEST(FrameSize, LabelsAreResizedWhereScoresCountAtTheInputsSize) {
  EXPECT_EQ(evaluation_frame(config_with(false, "auto", "input")), (FrameSize{{20, 30}, {20, 30}}));
}

}  // namespace
}  // namespace seg
