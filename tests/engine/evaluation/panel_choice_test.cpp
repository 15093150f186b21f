#include "engine/evaluation/panel_choice.hpp"

#include <gmock/gmock.h>
#include <opencv2/imgcodecs.hpp>

#include "engine/grey_model.hpp"

namespace seg {
namespace {

using test::Frames;
using test::GreyModel;
using test::pixels;
using testing::ElementsAre;

const ClassTable kRoadAndPole{{"road", {128, 64, 128}, 0}, {"pole", {0, 255, 0}, 1}};

/// Two classes without pixels predicted as none; `right` of `road` and of `pole` pixels are found.
ConfusionTable found(std::int64_t road, std::int64_t road_right, std::int64_t pole, std::int64_t pole_right) {
  return {.classes = 2, .counts = {road_right, road - road_right, 0, pole - pole_right, pole_right, 0}};
}

std::vector<std::string> titles_and_ids(const PanelChoice& choice) {
  std::vector<std::string> texts;
  for (const Panel& panel : choice.panels(kRoadAndPole)) texts.push_back(panel.title + ": " + panel.id);
  return texts;
}

TEST(PanelChoice, TakesExtremesMiddleAndWhereARareClassIsLargest) {
  PanelChoice choice;
  choice.add("a", found(1000, 900, 2, 1));
  choice.add("b", found(1000, 1000, 0, 0));
  choice.add("c", found(1000, 100, 1, 0));
  choice.add("d", found(1000, 950, 5, 4));
  choice.add("e", found(1000, 800, 0, 0));
  choice.add("nothing counts", found(0, 0, 0, 0));
  EXPECT_THAT(titles_and_ids(choice), ElementsAre("best: b", "median: a", "worst: c", "most of the rare class pole: d"));
  EXPECT_NEAR(choice.panels(kRoadAndPole)[0].mean_iou.value(), 1.0, 1e-12);
}

TEST(PanelChoice, HasNoRareClassWhereAllAreFrequent) {
  PanelChoice choice;
  choice.add("a", found(500, 400, 500, 400));
  EXPECT_THAT(titles_and_ids(choice), ElementsAre("best: a", "median: a", "worst: a"));
}

TEST(PanelChoice, IsEmptyWhereNothingCounts) {
  PanelChoice choice;
  choice.add("a", found(0, 0, 0, 0));
  EXPECT_TRUE(choice.panels(kRoadAndPole).empty());
}

cv::Vec3b at(const cv::Mat& picture, int part, int x) {
  const int width = (picture.cols - 3 * 4) / 4;
  return picture.at<cv::Vec3b>(0, part * (width + 4) + x);
}

std::vector<PanelPicture> drawn_of(const Frames& frames, const std::vector<Panel>& panels, const EvaluationRequest& request,
                                   const EvalOptions& options = {}) {
  GreyModel model(2);
  const Inference inference(model, test::grey_options(), options, Compute());
  return draw_panels(panels, inference, frames, request);
}

const Frames kFrames({{pixels(1, {0, 0, 0, 0}), pixels(1, {0, 0, 0, 0})}, {pixels(1, {0, 1, 1, 0}), pixels(1, {0, 1, 0, 255})}}, 2);

TEST(DrawPanels, PredictsAgainAsTheEvaluationDid) {
  EvalOptions windows;
  windows.window = {1, 2};
  windows.flip = true;
  for (const EvalOptions& options : {EvalOptions(), windows}) {
    const auto pictures = drawn_of(kFrames, {{"worst", "1", "", {}}, {"gone", "7", "", {}}, {"again", "1", "", {}}}, {}, options);
    ASSERT_EQ(pictures.size(), 2U);
    EXPECT_EQ(pictures[0].png, pictures[1].png);
    const cv::Mat picture = cv::imdecode(std::vector<char>(pictures[0].png.begin(), pictures[0].png.end()), cv::IMREAD_COLOR);  // BGR
    EXPECT_EQ(at(picture, 3, 1), cv::Vec3b(0, 0, 0));
    EXPECT_EQ(at(picture, 3, 2), cv::Vec3b(64, 32, 255));
    EXPECT_EQ(at(picture, 3, 3), cv::Vec3b(170, 170, 170));
  }
}

TEST(DrawPanels, SpeaksOfTheDataSetsClasses) {
  EvaluationRequest swapped;
  swapped.mapping.model_to_data = {1, 0};
  const auto pictures = drawn_of(kFrames, {{"worst", "0", "", {}}}, swapped);
  const cv::Mat picture = cv::imdecode(std::vector<char>(pictures.at(0).png.begin(), pictures.at(0).png.end()), cv::IMREAD_COLOR);
  EXPECT_EQ(at(picture, 3, 0), cv::Vec3b(64, 32, 255));
}

}  // namespace
}  // namespace seg
