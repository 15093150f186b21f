#include "scores/frame_blocks.hpp"

#include <gmock/gmock.h>

namespace seg {
namespace {

using ::testing::ElementsAre;

TEST(FrameBlocks, OfOneAreTheImages) {
  EXPECT_THAT(frame_blocks({"a1", "a1b2", "a2"}, 1), ElementsAre(ElementsAre(0), ElementsAre(1), ElementsAre(2)));
}

TEST(FrameBlocks, AreCutEvenly) {
  const std::vector<std::string> ids{"val/s_00.png", "val/s_01.png", "val/s_02.png", "val/s_03.png", "val/s_04.png"};
  EXPECT_THAT(frame_blocks(ids, 4), ElementsAre(ElementsAre(0, 1), ElementsAre(2, 3, 4)));
  EXPECT_THAT(frame_blocks(ids, 10), ElementsAre(ElementsAre(0, 1, 2, 3, 4)));
}

TEST(FrameBlocks, NeverCrossSequences) {
  const std::vector<std::string> ids{"0001TP_006690.png", "0001TP_006720.png", "Seq05VD_f00000.png", "Seq05VD_f00030.png", "Seq05VD_f00060.png"};
  EXPECT_THAT(frame_blocks(ids, 10), ElementsAre(ElementsAre(0, 1), ElementsAre(2, 3, 4)));
}

TEST(FrameBlocks, AreOfOneCamera) {
  const std::vector<std::string> ids{"SEQ/RGB/Stereo_Left/Omni_B/000000.png", "SEQ/RGB/Stereo_Left/Omni_B/000001.png",
                                     "SEQ/RGB/Stereo_Left/Omni_F/000000.png"};
  EXPECT_THAT(frame_blocks(ids, 2), ElementsAre(ElementsAre(0, 1), ElementsAre(2)));
}

TEST(FrameBlocks, NamesWithoutDigitsStandAlone) { EXPECT_THAT(frame_blocks({"x.png", "y.png"}, 10), ElementsAre(ElementsAre(0), ElementsAre(1))); }

TEST(FrameBlocks, AreLongForVideoAlone) {
  EXPECT_EQ(default_block("camvid"), 10);
  EXPECT_EQ(default_block("synthia_seqs"), 10);
  EXPECT_EQ(default_block("cityscapes"), 1);
}

}  // namespace
}  // namespace seg
