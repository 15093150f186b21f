#include "engine/commands/data_commands.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "base/error.hpp"
#include "engine/tiny_run.hpp"

namespace seg {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;

class CheckData : public testing::Test {
 protected:
  int check() { return check_data(test::tiny_config(data_), out_); }
  void remove(const std::string& split) {
    fs::remove_all(data_ / split);
    fs::remove_all(data_ / (split + "annot"));
  }
  test::TemporaryFolder folder_;
  fs::path data_ = test::tiny_data(folder_);
  std::ostringstream out_;
};

TEST_F(CheckData, AMissingTestSplitIsPassedOver) {
  remove("test");
  EXPECT_EQ(check(), 0);
  EXPECT_THAT(out_.str(), HasSubstr("test: not found, skipped (training does not need it)\n"));
}

TEST_F(CheckData, AMissingSplitThatTrainingReadsIsAnError) {
  remove("val");
  EXPECT_THROW(check(), Error);
}

TEST_F(CheckData, OwnDataNeedsNoValidation) {
  for (const char* kind : {"images", "labels"}) {
    fs::create_directories(data_ / kind);
    fs::rename(data_ / (kind == std::string("images") ? "train" : "trainannot"), data_ / kind / "train");
  }
  const std::string table = test::repository_file("data/camvid.yaml").string();
  std::vector<std::string> overrides = test::tiny_overrides(data_);
  overrides.insert(overrides.end(), {"data.dataset=folder", "data.classes=" + table});
  EXPECT_EQ(check_data(load_run_config("camvid_recall.yaml", overrides), out_), 0);
  EXPECT_THAT(out_.str(), HasSubstr("val: not found, skipped"));
}

TEST_F(CheckData, StatisticsTellHowRareClassesWouldBeDrawn) {
  std::vector<std::string> overrides = test::tiny_overrides(data_);
  print_statistics(load_run_config("camvid_recall.yaml", overrides), "", out_);
  EXPECT_THAT(out_.str(), testing::Not(HasSubstr("P(c)")));
  overrides.emplace_back("data.sampling=rare_class");
  print_statistics(load_run_config("camvid_recall.yaml", overrides), "", out_);
  EXPECT_THAT(out_.str(), HasSubstr("with enough  P(c) %  sampled share %"));
}

TEST_F(CheckData, PreviewsWhatIsDrawnForRareClasses) {
  std::vector<std::string> overrides = test::tiny_overrides(data_);
  preview_data(load_run_config("camvid_recall.yaml", overrides), 4, folder_ / "uniform", out_);
  const std::string uniform = out_.str();
  out_.str("");
  overrides.emplace_back("data.sampling=rare_class");
  preview_data(load_run_config("camvid_recall.yaml", overrides), 4, folder_ / "uniform", out_);
  EXPECT_NE(out_.str(), uniform);  // files are named by their images
}

}  // namespace
}  // namespace seg
