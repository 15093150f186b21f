#include "report/pages/run_page.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "report/run/curves.hpp"
#include "report/run/evaluation_report.hpp"
#include "report/run/panel_files.hpp"
#include "support/support.hpp"

namespace seg {
namespace {

using Json = nlohmann::json;
using test::read_text;
using test::TemporaryFolder;
using test::write_text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

constexpr const char* kEvil = "</script><script>alert(1)</script>";

std::string lines(const std::vector<Json>& events) {
  std::string text;
  for (const Json& event : events) text += event.dump() + "\n";
  return text;
}

Json train_event(int iteration, double weight) {
  return {{"event", "train"},
          {"iteration", iteration},
          {"loss", 1.5},
          {"learning_rate", 0.01},
          {"class_weights", {{kEvil, weight}, {"road", 0.25}}},
          {"class_recalls", {{kEvil, nullptr}, {"road", 0.75}}},
          {"class_ious", {{kEvil, nullptr}, {"road", 0.5}}}};
}

/// A finished run with two classes, the first of which is rare and badly named.
void write_run(const TemporaryFolder& folder) {
  write_text(folder / "metrics.jsonl",
             lines({{{"event", "start"},
                     {"iteration", 0},
                     {"name", kEvil},
                     {"loss", "recall"},
                     {"dataset", "camvid"},
                     {"seed", 3},
                     {"iterations", 20},
                     {"device", "cpu"},
                     {"versions", "LibTorch 9"}},
                    train_event(10, 0.5),
                    train_event(20, 1.0),
                    {{"event", "validation"}, {"iteration", 20}, {"mean_iou", 0.4}, {"mean_accuracy", 0.6}, {"cross_entropy", 0.7}},
                    {{"event", "end"}, {"iteration", 20}, {"reason", "finished"}, {"weights_digest", "abc123"}}}));
  write_text(folder / "config.yaml", "name: \"<b>\"\n");
  EvaluationReport report;
  report.split = "val";
  report.class_names = {kEvil, "road"};
  report.confusion = {.classes = 2, .counts = {1, 4, 0, 0, 995, 0}};
  report.scores.pixels = 1000;
  report.scores.classes = {{5, 0.2, 1.0, 0.2, 0.3}, {995, 1.0, 0.9, 0.9, 0.95}};
  write_evaluation_report(report, folder / "eval" / "val");
}

/// What the page's scripts read.
Json data_of(const std::string& page) {
  const std::string begin = R"(<script type="application/json" id="data">)";
  const std::size_t from = page.find(begin) + begin.size();
  return Json::parse(page.substr(from, page.find("</script>", from) - from));
}

TEST(RunPage, HoldsCurvesWeightsAndScores) {
  const TemporaryFolder folder;
  write_run(folder);
  const Json data = data_of(run_page(folder.path()));
  EXPECT_EQ(data["curves"]["loss"], Json::parse("[[10, 1.5], [20, 1.5]]"));
  EXPECT_EQ(data["curves"]["mean_iou"], Json::parse("[[20, 0.4]]"));
  EXPECT_EQ(data["evaluations"][0]["accuracy"], Json::parse("[100.0, 20.0]"));
  // From frequent to rare; below one per cent a class is rare.
  EXPECT_EQ(data["weights"][0]["name"], "road");
  EXPECT_EQ(data["weights"][0]["rare"], false);
  EXPECT_EQ(data["weights"][1]["name"], kEvil);
  EXPECT_EQ(data["weights"][1]["rare"], true);
  EXPECT_EQ(data["weights"][1]["points"], Json::parse("[[10, 0.5], [20, 1.0]]"));
  EXPECT_EQ(data["recalls"][1]["points"], Json::parse("[[10, null], [20, null]]"));
  EXPECT_EQ(data["ious"][0]["points"], Json::parse("[[10, 0.5], [20, 0.5]]"));
  EXPECT_THAT(run_page(folder.path()), HasSubstr("IoU of each class in training"));
}

TEST(RunPage, TellsHowToRepeatTheRun) {
  const TemporaryFolder folder;
  write_run(folder);
  const std::string page = run_page(folder.path());
  EXPECT_THAT(page,
              HasSubstr("segtrain --config " + (folder / "config.yaml").string() + " --run-dir " + folder.path().string() + "-again --device cpu"));
  EXPECT_THAT(page, HasSubstr("LibTorch 9"));
  EXPECT_THAT(page, HasSubstr("abc123"));
  EXPECT_THAT(page, HasSubstr("name: &quot;&lt;b&gt;&quot;"));
}

TEST(RunPage, NamesStayText) {
  const TemporaryFolder folder;
  write_run(folder);
  EXPECT_THAT(run_page(folder.path()), Not(HasSubstr("<script>alert")));
}

TEST(RunPage, ConfusionShowsSharesAndCounts) {
  const TemporaryFolder folder;
  write_run(folder);
  EXPECT_THAT(run_page(folder.path()), HasSubstr("→ road: 4 pixels, 80.00 %\">80</td>"));
}

TEST(RunPage, NeedsNoNetwork) {
  const TemporaryFolder folder;
  write_run(folder);
  write_run_page(folder.path());
  const std::string page = read_text(folder / "report.html");
  for (const char* loading : {"src=\"http", "href=", "@import", "url("}) EXPECT_THAT(page, Not(HasSubstr(loading)));
}

TEST(RunPage, BearsARunThatHasJustBegun) {
  const TemporaryFolder folder;
  write_text(folder / "metrics.jsonl", R"({"event":"start","iteration":0,"name":"demo","loss":"ce","seed":0,"iterations":9,"dataset":"camvid"})");
  EXPECT_THAT(run_page(folder.path()), HasSubstr("at iteration 0 of 9"));
  EXPECT_THROW(run_page(folder / "nothing"), Error);
}

TEST(Panels, ArePutIntoThePage) {
  const TemporaryFolder folder;
  write_run(folder);
  const std::filesystem::path panels = folder / "eval" / "val" / "panels";
  write_panels({{{"worst", "val/<1>", "", 0.25}, "png"}, {{"gone", "x", "", std::nullopt}, "x"}}, panels);
  std::filesystem::remove(panels / read_panel_index(panels).at(1).file);
  const std::string page = run_page(folder.path());
  EXPECT_THAT(page, HasSubstr("worst: val/&lt;1&gt;, mIoU 25.0 %"));
  EXPECT_THAT(page, HasSubstr("src=\"data:image/png;base64,cG5n\""));
  EXPECT_THAT(page, Not(HasSubstr("gone: ")));
}

TEST(Panels, OldOnesAreReplacedTogether) {
  const TemporaryFolder folder;
  write_panels({{{"best", "a", "", 0.5}, "old"}, {{"worst", "b", "", 0.25}, "old too"}}, folder.path());
  const std::vector<Panel> old = read_panel_index(folder.path());
  write_panels({{{"best", "c", "", std::nullopt}, "new"}}, folder.path());
  const std::vector<Panel> panels = read_panel_index(folder.path());
  ASSERT_EQ(panels.size(), 1U);
  EXPECT_EQ(panels[0].id, "c");
  EXPECT_EQ(read_text(folder / panels[0].file), "new");
  for (const Panel& gone : old) EXPECT_FALSE(std::filesystem::exists(folder / gone.file));
}

TEST(Panels, StayInTheirFolder) {
  const TemporaryFolder folder;
  write_text(folder / "index.json", R"({"panels":[{"title":"worst","id":"a","file":"../secret.png"}]})");
  EXPECT_THROW(read_panel_index(folder.path()), Error);
}

TEST(Base64, FollowsTheRfc) {
  for (const auto& [plain, encoded] : std::vector<std::pair<std::string, std::string>>{
           {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfe\xfd", "//79"}})
    EXPECT_EQ(base64(plain), encoded);
}

TEST(Curves, AreThinnedByMeans) {
  const Curve curve{{1, 1.0}, {2, 3.0}, {3, std::nullopt}, {4, 5.0}, {5, std::nullopt}, {6, std::nullopt}};
  EXPECT_THAT(thinned(curve, 3), ElementsAre(Pair(2, 2.0), Pair(4, 5.0), Pair(6, std::nullopt)));
  EXPECT_EQ(thinned(curve, 6), curve);
}

}  // namespace
}  // namespace seg
