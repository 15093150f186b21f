#include "engine/run_config.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <sstream>

#include "base/error.hpp"
#include "base/files.hpp"
#include "config/format.hpp"
#include "config/print.hpp"
#include "data/dataset_registry.hpp"
#include "engine/commands/train_command.hpp"
#include "engine/training/experiment.hpp"
#include "losses/loss_registry.hpp"
#include "support/support.hpp"

namespace seg {
namespace {

std::vector<std::string> recipes() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(find_shipped("configs")))
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().filename().string());
  return names;
}

/// The recipe's own classes, with statistics as if each had been seen.
LossContext context_of(const RunConfig& config) {
  LossContext context{.device = torch::kCPU, .statistics = ClassStatistics{}};
  for (const ClassInfo& info : load_classes(config.data)) {
    context.class_names.push_back(info.name);
    context.statistics->pixels.push_back(1000);
    context.statistics->images.push_back(4);
    context.statistics->pixels_of_images.push_back(4000);
  }
  context.statistics->image_count = 4;
  return context;
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
  for (const std::string& name : loss_names()) {
    const RunConfig config = load_run_config(GetParam(), {"loss.type=" + name});
    const LossContext context = context_of(config);
    const auto classes = static_cast<std::int64_t>(context.class_names.size());
    const torch::Tensor labels = torch::arange(64).remainder(classes).to(torch::kByte).view({1, 8, 8});
    const auto loss = build_loss(config.loss, context);
    const LossInput batch(torch::ones({1, classes, 2, 2}), labels, config.model.align_corners, {}, loss->regions());
    const double value = loss->compute(batch).value.item<double>();
    EXPECT_GT(value, 0) << name;
    EXPECT_TRUE(std::isfinite(value)) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Recipe, testing::ValuesIn(recipes()),
                         [](const auto& recipe) { return recipe.param.substr(0, recipe.param.find('.')); });

void expect_published_model_and_loss(const RunConfig& config) {
  EXPECT_EQ(config.model.arch, "deeplabv3plus");
  EXPECT_EQ(config.model.backbone, "resnet18_published");
  EXPECT_EQ(config.model.output_stride, 16);
  EXPECT_TRUE(config.model.align_corners);
  EXPECT_EQ(config.loss.type, "recall");
  EXPECT_EQ(config.loss.error_rate.smoothing, ErrorRateSmoothing::kPublished);
  EXPECT_EQ(config.loss.error_rate.momentum, 0.0);
  EXPECT_EQ(config.loss.normalizer, LossNormalizer::kDefault);
  EXPECT_EQ(config.train.seed, 1337);
  EXPECT_EQ(config.train.best, BestBy::kMeanIou);
}

TEST(RunConfigTest, ThePublishedRecipeForSynthiaIsThePapers) {
  setenv("SYNTHIA_ROOT", "/data", 1);
  const RunConfig config = load_run_config("synthia_published.yaml", {});
  EXPECT_EQ(config.train.iterations, 100000);
  EXPECT_EQ(config.train.batch_size, 6);
  EXPECT_EQ(config.train.val_interval, 5000);
  EXPECT_EQ(config.train.seed, 1337);
  EXPECT_EQ(config.data.size, (Size{384, 768}));
  EXPECT_EQ(config.data.void_label, VoidPixels::kTrain);
  EXPECT_EQ(config.optimizer.type, OptimizerType::kAdam);
  EXPECT_EQ(config.optimizer.lr, 1e-3);
  EXPECT_EQ(config.optimizer.weight_decay, 0.0);
  EXPECT_EQ(config.schedule.type, ScheduleType::kConstant);
  EXPECT_EQ(config.augment.flip, 0.0);
  EXPECT_EQ(config.model.input.order, ChannelOrder::kBgr);
  EXPECT_EQ(config.model.input.mean, (std::vector<double>{55.099, 62.204, 71.238}));
  EXPECT_EQ(config.model.input.std, (std::vector<double>{49.561, 51.497, 55.364}));
  EXPECT_FALSE(config.augment.crop);
  EXPECT_EQ(config.augment.color.brightness + config.augment.color.contrast + config.augment.color.saturation + config.augment.color.hue, 0.0);
  EXPECT_EQ(config.data.synthia_seqs.split, SequenceSplit::kPublished);
  EXPECT_EQ(config.eval.size, ScoredSize::kInput);
  expect_published_model_and_loss(config);
}

TEST(RunConfigTest, ThePublishedRecipeForCityscapesIsThePapers) {
  setenv("CITYSCAPES_ROOT", "/data", 1);
  const RunConfig config = load_run_config("cityscapes_published.yaml", {});
  EXPECT_EQ(config.train.iterations, 90000);
  EXPECT_EQ(config.train.batch_size, 6);
  EXPECT_EQ(config.train.val_interval, 5000);
  EXPECT_EQ(config.data.size, (Size{769, 769}));
  EXPECT_EQ(config.data.void_label, VoidPixels::kIgnore);
  EXPECT_EQ(config.optimizer.type, OptimizerType::kAdam);
  EXPECT_EQ(config.optimizer.lr, 1e-4);
  EXPECT_EQ(config.optimizer.weight_decay, 0.0);
  EXPECT_EQ(config.schedule.type, ScheduleType::kConstant);
  EXPECT_TRUE(config.augment.crop);
  EXPECT_EQ(config.augment.flip, 0.5);
  EXPECT_EQ(config.augment.scale.steps, (std::vector<double>{0.75, 1, 1.25, 1.5, 1.75, 2}));
  const ColorOptions& color = config.augment.color;
  for (const double strength : {color.brightness, color.contrast, color.saturation, color.hue}) EXPECT_EQ(strength, 0.5);
  EXPECT_EQ(config.model.input.order, ChannelOrder::kRgb);
  EXPECT_EQ(config.eval.size, ScoredSize::kLabels);  // whole frames
  expect_published_model_and_loss(config);
}

TEST(RunConfigTest, WhatIsPrintedLoadsToTheSameRun) {
  setenv("DEMO_ROOT", "/data/a: \"b\" $c", 1);
  TrainCommand command;
  command.config = "demo.yaml";  // built on another recipe, which is built on a base
  command.overrides = {"train.batch_size=3", "loss.sum.ce=0.1", "eval.window=96x160", "name=\"x: '1'\""};
  command.print_config = true;
  std::ostringstream out;
  ASSERT_EQ(train(command, out), 0);
  const test::TemporaryFolder folder;
  test::write_text(folder / "printed.yaml", out.str());
  unsetenv("DEMO_ROOT");
  const RunConfig config = load_run_config(folder / "printed.yaml", {});
  EXPECT_EQ(config::to_yaml(config), out.str());
  EXPECT_EQ(config.train.batch_size, 3);
  EXPECT_EQ(config.loss.sum.at("ce"), 0.1);
  EXPECT_EQ(config.eval.window, (Size{96, 160}));
  EXPECT_EQ(config.name, "x: '1'");
  EXPECT_EQ(config.data.root, "/data/a: \"b\" $c");
}

/// What --help has to say of each field: its key, default and unit, then its help, with single spaces.
class Rows : public config::TextVisitor {
 public:
  Rows() : TextVisitor(Paths::kAsGiven) {}
  std::vector<std::pair<std::string, std::string>> rows;

 private:
  void line(const std::string& key, const std::string& text, const config::About& about) override {
    rows.emplace_back(key + " " + text + (about.unit.empty() ? "" : " " + about.unit), about.help);
  }
};

std::string single_spaced(const std::string& text) {
  std::istringstream words(text);
  std::string line;
  for (std::string word; words >> word;) line += (line.empty() ? "" : " ") + word;
  return line;
}

TEST(RunConfigTest, HelpListsEveryKeyWithDefaultUnitAndALine) {
  RunConfig defaults;
  Rows expected;
  defaults.fields(expected);
  ASSERT_GT(expected.rows.size(), 100u);
  const std::string help = " " + single_spaced(config::help_text(RunConfig()));
  for (const auto& [row, line] : expected.rows) {
    const std::size_t found = help.find(" " + single_spaced(row) + " ");
    ASSERT_NE(found, std::string::npos) << row;
    EXPECT_FALSE(line.empty()) << row;
    const std::size_t described = help.find(single_spaced(line), found);
    EXPECT_LT(described, found + row.size() + 60) << row << ": " << line;  // a range or choices may stand between
  }
}

/// The hint of the configuration error that loading `file` ends with.
std::string hint_of(const fs::path& file) {
  try {
    load_run_config(file, {});
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kConfiguration);
    return error.hint;
  }
  return "no error";
}

TEST(RunConfigTest, AMisspeltRecipeHasTheNearestShippedName) {
  EXPECT_EQ(hint_of("synthia_recal.yaml"), "did you mean the recipe synthia_recall.yaml?");
  EXPECT_EQ(hint_of("base/camvit.yaml"), "did you mean the recipe base/camvid.yaml?");
}

TEST(RunConfigTest, AMisspeltFileHasTheNearestNameOfItsFolder) {
  const test::TemporaryFolder folder;
  test::write_text(folder / "mine.yaml", "");
  EXPECT_EQ(hint_of(folder / "mien.yaml"), "did you mean the recipe " + (folder / "mine.yaml").string() + "?");
}

TEST(RunConfigTest, ARecipeUnlikeAnyHasAnExample) { EXPECT_NE(hint_of("no_such_thing.yaml").find("synthia_recall.yaml"), std::string::npos); }

TEST(RunConfigTest, AnotherFilesDataKeepsTheInputSizeOfTheWeights) {
  setenv("SYNTHIA_ROOT", "/synthia", 1);
  setenv("CITYSCAPES_ROOT", "/cityscapes", 1);
  const RunConfig mixed = with_data_of(load_run_config("synthia_ce.yaml", {}), "cityscapes_ce.yaml", {});
  EXPECT_EQ(mixed.data.dataset, "cityscapes");
  EXPECT_EQ(mixed.data.root, "/cityscapes");
  EXPECT_EQ(mixed.data.size, (Size{384, 768}));
}

TEST(RunConfigTest, AnotherFilesDataLeavesNormalisationToTheWeights) {
  setenv("SYNTHIA_ROOT", "/synthia", 1);
  setenv("CITYSCAPES_ROOT", "/cityscapes", 1);
  const RunConfig mixed = with_data_of(load_run_config("synthia_published.yaml", {}), "cityscapes_ce.yaml", {});
  EXPECT_EQ(mixed.model.input.order, ChannelOrder::kBgr);
}

TEST(RunConfigTest, NeitherOrBothLengthsAreRefused) {
  setenv("CAMVID_ROOT", "/data", 1);
  EXPECT_THROW(check_run_config(load_run_config("camvid_ce.yaml", {"train.epochs=0"})), Error);
  EXPECT_THROW(check_run_config(load_run_config("camvid_ce.yaml", {"train.iterations=5", "train.epochs=5"})), Error);
}

TEST(RunConfigTest, AnotherLengthReplacesTheRecipes) {
  setenv("CAMVID_ROOT", "/data", 1);
  const RunConfig shorter = load_run_config("camvid_ce.yaml", {"train.iterations=30"});
  EXPECT_EQ(shorter.train.iterations, 30);
  EXPECT_EQ(shorter.train.epochs, 0);
  const RunConfig stored = parse_run_config(config::to_yaml(shorter), "stored", {"train.epochs=3"});
  EXPECT_EQ(stored.train.iterations, 0);
  EXPECT_EQ(stored.train.epochs, 3);
}

TEST(RunConfigTest, AFileElsewhereMayBuildOnAShippedRecipe) {
  setenv("CAMVID_ROOT", "/data", 1);
  const test::TemporaryFolder folder;
  test::write_text(folder / "mine.yaml", "base: camvid_recall.yaml\ntrain: {iterations: 30}\n");
  const RunConfig config = load_run_config(folder / "mine.yaml", {});
  EXPECT_EQ(config.data.dataset, "camvid");
  EXPECT_EQ(config.loss.type, "recall");
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

std::string refusal_of(const std::vector<std::string>& overrides) {
  setenv("CAMVID_ROOT", "/data", 1);
  try {
    check_run_config(load_run_config("camvid_ce.yaml", overrides));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kConfiguration);
    EXPECT_NE(error.hint, "");
    return error.what();
  }
  return "not refused";
}

TEST(RunConfigTest, ContradictionsAreRefusedWhereTheyWereWritten) {
  for (const std::vector<std::string>& overrides : std::vector<std::vector<std::string>>{
           {"augment.scale.min=3"},
           {"data.synthia_rand.classes=17"},
           {"loss.weighting=enet", "loss.type=soft_iou"},
           {"optimizer.sgd.nesterov=true", "optimizer.sgd.momentum=0", "optimizer.type=sgd"},
           {"eval.size=input"},  // the recipe crops
           {"eval.window=[0, 64]"},
           {"model.output_stride=12"},
           {"model.backbone=resnet50", "model.arch=ddrnet23_slim"},
           {"optimizer.backbone_lr_scale=0.1", "model.arch=ddrnet23_slim"},
       })
    EXPECT_EQ(refusal_of(overrides).rfind("--set " + overrides[0].substr(0, 5), 0), 0u) << refusal_of(overrides);
}

TEST(RunConfigTest, AContradictionInAFileIsNamedByLine) {
  EXPECT_NE(refusal_of({"augment.scale.max=0.5"}).find("camvid.yaml:10:5: augment.scale"), std::string::npos)
      << refusal_of({"augment.scale.max=0.5"});
}

}  // namespace
}  // namespace seg
