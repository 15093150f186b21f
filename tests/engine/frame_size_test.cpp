#include <gtest/gtest.h>

#include "engine/run_config.hpp"

namespace seg {
namespace {

RunConfig config_with(bool crop, EvalInput input, ScoredSize size) {
  RunConfig config;
  config.data.size = {20, 30};
  config.augment.crop = crop;
  config.eval.input = input;
  config.eval.size = size;
  return config;
}

TEST(FrameSize, TrainingResizesWholeFramesUnlessItCrops) {
  EXPECT_EQ(training_frame(config_with(false, EvalInput::kAuto, ScoredSize::kLabels)), (FrameSize{{20, 30}, {20, 30}}));
  EXPECT_EQ(training_frame(config_with(true, EvalInput::kAuto, ScoredSize::kLabels)), FrameSize());
}

TEST(FrameSize, EvaluationFollowsTrainingUnlessToldOtherwise) {
  EXPECT_EQ(evaluation_frame(config_with(false, EvalInput::kAuto, ScoredSize::kLabels)), (FrameSize{{20, 30}, {}}));
  EXPECT_EQ(evaluation_frame(config_with(true, EvalInput::kAuto, ScoredSize::kLabels)), FrameSize());
  EXPECT_EQ(evaluation_frame(config_with(false, EvalInput::kNative, ScoredSize::kLabels)), FrameSize());
  EXPECT_EQ(evaluation_frame(config_with(true, EvalInput::kResized, ScoredSize::kLabels)), (FrameSize{{20, 30}, {}}));
}

TEST(FrameSize, LabelsAreResizedWhereScoresCountAtTheInputsSize) {
  EXPECT_EQ(evaluation_frame(config_with(false, EvalInput::kAuto, ScoredSize::kInput)), (FrameSize{{20, 30}, {20, 30}}));
}

}  // namespace
}  // namespace seg
