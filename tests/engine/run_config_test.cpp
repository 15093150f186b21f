#include "engine/run_config.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.hpp"
#include "base/files.hpp"
#include "config/print.hpp"
#include "engine/experiment.hpp"
#include "support/support.hpp"

namespace seg {
namespace {

std::vector<std::string> recipes() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(test::repository_file("configs")))
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().filename().string());
  return names;
}

class Recipe : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    for (const char* name : {"SYNTHIA_ROOT", "CITYSCAPES_ROOT", "CAMVID_ROOT"}) setenv(name, "/data/somewhere", 1);
  }
};

TEST_P(Recipe, LoadsAndItsOptionsFitEachOther) {
  const RunConfig config = load_run_config(GetParam(), {});
  EXPECT_NO_THROW(check_run_config(config));
  EXPECT_EQ(config.name + ".yaml", GetParam());
}

TEST_P(Recipe, SurvivesPrintingAndReading) {
  const std::string text = config::to_yaml(load_run_config(GetParam(), {}));
  EXPECT_EQ(config::to_yaml(parse_run_config(text, "printed", {})), text);
}

TEST_P(Recipe, TakesAnyLoss) {
  for (const std::string& loss : loss_names()) EXPECT_EQ(load_run_config(GetParam(), {"loss.type=" + loss}).loss.type, loss);
}

INSTANTIATE_TEST_SUITE_P(All, Recipe, testing::ValuesIn(recipes()),
                         [](const auto& recipe) { return recipe.param.substr(0, recipe.param.find('.')); });

TEST(RunConfigTest, ThePublishedRecipeIsThePapers) {
  setenv("SYNTHIA_ROOT", "/data", 1);
  const RunConfig config = load_run_config("synthia_published.yaml", {});
  EXPECT_EQ(config.train.iterations, 100000);
  EXPECT_EQ(config.train.batch_size, 6);
  EXPECT_EQ(config.train.val_interval, 5000);
  EXPECT_EQ(config.train.seed, 1337);
  EXPECT_EQ(config.data.size, (Size{384, 768}));
  EXPECT_EQ(config.data.void_label, "train");
  EXPECT_EQ(config.optimizer.type, "adam");
  EXPECT_EQ(config.optimizer.lr, 1e-3);
  EXPECT_EQ(config.optimizer.weight_decay, 0.0);
  EXPECT_EQ(config.schedule.type, "constant");
  EXPECT_EQ(config.augment.flip, 0.0);
  EXPECT_EQ(config.augment.normalize.order, "bgr");
  EXPECT_TRUE(config.model.align_corners);
}

TEST(RunConfigTest, AMissingFileIsAConfigurationError) {
  try {
    load_run_config("no_such_recipe.yaml", {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kConfiguration);
  }
}

TEST(RunConfigTest, AnotherFilesDataKeepsTheInputSizeOfTheWeights) {
  setenv("SYNTHIA_ROOT", "/synthia", 1);
  setenv("CITYSCAPES_ROOT", "/cityscapes", 1);
  const RunConfig mixed = with_data_of(load_run_config("synthia_ce.yaml", {}), "cityscapes_ce.yaml", {});
  EXPECT_EQ(mixed.data.dataset, "cityscapes");
  EXPECT_EQ(mixed.data.root, "/cityscapes");
  EXPECT_EQ(mixed.data.size, (Size{384, 768}));
}

TEST(RunConfigTest, NeitherOrBothLengthsAreRefused) {
  setenv("CAMVID_ROOT", "/data", 1);
  EXPECT_THROW(check_run_config(load_run_config("camvid_ce.yaml", {"train.epochs=0"})), Error);
  EXPECT_THROW(check_run_config(load_run_config("camvid_ce.yaml", {"train.iterations=5"})), Error);
}

TEST(RunConfigTest, ABatchOfOneIsRefusedForItsBatchNorm) {
  setenv("CAMVID_ROOT", "/data", 1);
  try {
    check_run_config(load_run_config("camvid_ce.yaml", {"train.batch_size=1"}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kConfiguration);
    EXPECT_NE(error.hint.find("batch_size"), std::string::npos);
  }
}

}  // namespace
}  // namespace seg
