#include "report/pages/side_by_side.hpp"

#include <gmock/gmock.h>

#include "report/compared_run.hpp"
#include "report/run/panel_files.hpp"
#include "report/run/run_paths.hpp"
#include "support/support.hpp"

namespace seg {
namespace {

using test::run_of;
using test::TemporaryFolder;
using ::testing::HasSubstr;
using ::testing::Not;

/// The first bytes of a panel of four parts of 5x3 pixels: signature, and the header chunk with 32x3.
const std::string kPng("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x20\0\0\0\3", 24);

RunResult run_with_panels(const TemporaryFolder& folder, const std::string& loss, const std::vector<Panel>& panels, const std::string& png = kPng) {
  RunResult run = run_of(loss, 0, 0.5, 0.4);
  run.run.directory = folder.path() / run.run.directory;
  std::vector<PanelPicture> pictures;
  for (const Panel& panel : panels) pictures.push_back({panel, png});
  write_panels(pictures, RunPaths{run.run.directory}.evaluation("test").panels());
  return run;
}

TEST(SideBySide, CutsTheSameImageFromThePanelsOfEachLoss) {
  const TemporaryFolder folder;
  const Panel pole{"most of the rare class pole", "a<b", "", 0.5}, best{"best", "x", "", 0.9}, other{"best", "y", "", 0.9};
  const std::string svg = side_by_side(compare_runs({run_with_panels(folder, "ce", {best, pole}), run_with_panels(folder, "recall", {other, pole})}));
  EXPECT_THAT(svg, HasSubstr("most of the rare class pole: a&lt;b"));
  EXPECT_THAT(svg, Not(HasSubstr("best")));                                                           // no image of both losses
  EXPECT_THAT(svg, HasSubstr(R"(width="484" height="144" viewBox="0 0 14 3")"));                      // photo and truth, with the gap between them
  EXPECT_THAT(svg, HasSubstr(R"(<svg x="732" y="44" width="240" height="144" viewBox="18 0 5 3")"));  // the third part, for recall
}

TEST(SideBySide, RareClassesComeFirstAndThreeAreEnough) {
  const TemporaryFolder folder;
  const std::vector<Panel> panels{{"worst", "w", "", 0.1}, {"rare a", "1", "", 0.5}, {"rare b", "2", "", 0.5}};
  const std::string svg = side_by_side(compare_runs({run_with_panels(folder, "ce", panels), run_with_panels(folder, "recall", panels)}));
  EXPECT_LT(svg.find("rare b: 2"), svg.find("worst: w"));
  std::vector<Panel> more = panels;
  more.push_back({"rare c", "3", "", 0.5});
  EXPECT_THAT(side_by_side(compare_runs({run_with_panels(folder, "focal", more)})), Not(HasSubstr("worst: w")));
}

TEST(SideBySide, IsEmptyWithoutCommonPanelsAndLeavesOtherPicturesOut) {
  const TemporaryFolder folder;
  EXPECT_EQ(side_by_side(compare_runs({run_of("ce", 0, 0.5, 0.4)})), "");
  const Panel panel{"rare", "a", "", 0.5};
  EXPECT_EQ(side_by_side(compare_runs({run_with_panels(folder, "ce", {panel}, "no picture")})), "");
}

}  // namespace
}  // namespace seg
