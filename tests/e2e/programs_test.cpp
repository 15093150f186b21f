// The programs as a user runs them: the whole path, and the mistakes people make.
#include "e2e/programs.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>

#include "base/files.hpp"

namespace seg::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

TEST_F(Programs, TrainEvaluateAndCompare) {
  for (const std::string loss : {"ce", "weighted", "recall"}) {
    const ProgramResult trained = run("segtrain", training(loss, "camvid_" + loss + ".yaml"));
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
    const ProgramResult scored =
        run("segeval", {"--checkpoint", (folder_ / loss / "checkpoints/best.safetensors").string(), "--save-predictions", "color"});
    ASSERT_EQ(scored.exit_code, 0) << scored.err;
    EXPECT_THAT(scored.out, AllOf(HasSubstr("Road"), HasSubstr("predictions")));
  }
  const auto report = nlohmann::json::parse(read_text(folder_ / "recall/eval/test/report.json"));
  EXPECT_EQ(report.at("split"), "test");
  EXPECT_EQ(report.at("classes").size(), 11u);
  std::int64_t counted = 0;
  for (const auto& row : report.at("confusion"))
    for (const auto& cell : row) counted += cell.get<std::int64_t>();
  EXPECT_EQ(counted, report.at("pixels").get<std::int64_t>());
  const ProgramResult compared = run("segreport", {"compare", (folder_ / "ce").string(), (folder_ / "weighted").string(),
                                                   (folder_ / "recall").string(), "--output", (folder_ / "all").string()});
  ASSERT_EQ(compared.exit_code, 0) << compared.err;
  EXPECT_THAT(compared.out, AllOf(HasSubstr("weighted_ce"), HasSubstr("recall")));
  for (const std::string kind : {"md", "csv", "json", "html"}) EXPECT_TRUE(fs::exists(folder_ / "all" / ("comparison." + kind)));
}

TEST_F(Programs, ASweepComparesLossesAndSkipsWhatIsFinished) {
  std::vector<std::string> command{"bash",     repository_file("scripts/sweep_losses.sh").string(),
                                   "--config", "camvid_ce.yaml",
                                   "--losses", "ce recall",
                                   "--seeds",  "0",
                                   "--output", (folder_ / "sweep").string(),
                                   "--",       "--device",
                                   "cpu"};
  const std::vector<std::string> settings = training("unused");
  command.insert(command.end(), std::find(settings.begin(), settings.end(), "--set"), settings.end());
  const std::vector<std::string> environment{"SEG_BIN=" + program("segtrain").parent_path().string()};
  const ProgramResult first = run_program(command, environment);
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.out, AllOf(HasSubstr("| ce |"), HasSubstr("| recall |")));
  EXPECT_TRUE(fs::exists(folder_ / "sweep/comparison.html"));
  const ProgramResult again = run_program(command, environment);
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.out, AllOf(HasSubstr("already finished"), HasSubstr("| recall |")));
  EXPECT_THAT(again.out, Not(HasSubstr("weights: ")));
}

TEST_F(Programs, EvaluationDoesNotDependOnWorkers) {
  ASSERT_EQ(run("segtrain", training("run")).exit_code, 0);
  const std::string checkpoint = (folder_ / "run/checkpoints/best.safetensors").string();
  std::vector<std::string> reports;
  for (const std::string setting : {"1", "3"}) {
    const std::string output = (folder_ / ("eval" + setting)).string();
    ASSERT_EQ(run("segeval", {"--checkpoint", checkpoint, "--output", output, "--set", "data.workers=" + setting}).exit_code, 0);
    reports.push_back(read_text(output + "/report.json") + read_text(output + "/per_image.jsonl"));
  }
  EXPECT_EQ(reports[0], reports[1]);
}

TEST_F(Programs, ASyntheticModelEvaluatesOnAnotherDataSetByClassName) {
  ASSERT_EQ(run("segtrain", training("run")).exit_code, 0);
  const std::string city = (folder_ / "city").string();
  ASSERT_EQ(run("segdata", {"generate", "--layout", "cityscapes", "--output", city, "--count", "12", "--size", "48x64"}).exit_code, 0);
  const ProgramResult scored =
      run("segeval", {"--checkpoint", (folder_ / "run/checkpoints/best.safetensors").string(), "--config", "cityscapes_ce.yaml", "--split", "val"},
          {"CITYSCAPES_ROOT=" + city});
  ASSERT_EQ(scored.exit_code, 0) << scored.err;
  EXPECT_THAT(scored.err, AllOf(HasSubstr("only in the data"), HasSubstr("rider")));
  EXPECT_THAT(scored.out, HasSubstr("road"));
}

TEST_F(Programs, ARunDirectoryInUseIsRefused) {
  const std::vector<std::string> arguments = training("run");
  fs::create_directories(folder_ / "run");
  const FileLock held(folder_ / "run/.lock");
  const ProgramResult result = run("segtrain", arguments);
  EXPECT_EQ(result.exit_code, 5);
  EXPECT_THAT(result.err, AllOf(HasSubstr("is in use by process"), HasSubstr("\nhint: ")));
}

TEST_F(Programs, ScoresSayHowTheyWereMade) {
  ASSERT_EQ(run("segtrain", training("run")).exit_code, 0);
  const std::string checkpoint = (folder_ / "run/checkpoints/best.safetensors").string();
  const auto report_with = [&](const std::vector<std::string>& settings) {
    std::vector<std::string> arguments{"--checkpoint", checkpoint, "--output", (folder_ / "scores").string(), "--split", "val", "--device", "cpu"};
    for (const std::string& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
    EXPECT_EQ(run("segeval", arguments).exit_code, 0);
    return nlohmann::json::parse(read_text(folder_ / "scores/report.json"));
  };
  const auto plain = report_with({});
  EXPECT_EQ(plain.at("eval").at("input"), "native");  // the recipe crops
  EXPECT_EQ(plain.at("eval").at("flip"), false);
  for (const std::vector<std::string>& settings :
       std::vector<std::vector<std::string>>{{"eval.flip=true"}, {"eval.scales=[0.5, 1.0]"}, {"eval.window=[32, 32]"}}) {
    const auto report = report_with(settings);
    EXPECT_NE(report.at("eval"), plain.at("eval")) << settings[0];
    EXPECT_NE(report.at("confusion"), plain.at("confusion")) << settings[0];
    EXPECT_EQ(report.at("pixels"), plain.at("pixels")) << settings[0];
  }
  EXPECT_EQ(report_with({"eval.size=input", "eval.input=resized"}).at("eval").at("input"), nlohmann::json({48, 48}));
  EXPECT_EQ(run("segeval", {"--checkpoint", checkpoint, "--set", "eval.size=input"}).exit_code, 2);
}

TEST_F(Programs, OneCheckpointHasManyOperatingPoints) {
  ASSERT_EQ(run("segtrain", training("run")).exit_code, 0);
  const std::string checkpoint = (folder_ / "run/checkpoints/best.safetensors").string();
  const ProgramResult chosen = run("segeval", {"--checkpoint", checkpoint, "--choose-tau", "mean_accuracy"});
  ASSERT_EQ(chosen.exit_code, 0) << chosen.err;
  EXPECT_THAT(chosen.out, AllOf(HasSubstr("logit_adjustment: "), HasSubstr("on val"), HasSubstr("--set eval.logit_adjustment=")));
  EXPECT_TRUE(fs::exists(folder_ / "run/eval/val/tau_curve.csv"));
  ASSERT_EQ(run("segeval", {"--checkpoint", checkpoint, "--tau-curve"}).exit_code, 0);
  const std::string curve = read_text(folder_ / "run/eval/test/tau_curve.csv");
  EXPECT_EQ(std::ranges::count(curve, '\n'), 22);
  // What the sweep counts at a tau is what an evaluation with it reports.
  const std::string output = (folder_ / "adjusted").string();
  ASSERT_EQ(run("segeval", {"--checkpoint", checkpoint, "--output", output, "--set", "eval.logit_adjustment=0.5"}).exit_code, 0);
  const auto report = nlohmann::json::parse(read_text(folder_ / "adjusted/report.json"));
  EXPECT_EQ(report.at("eval").at("logit_adjustment"), 0.5);
  const std::size_t row = curve.find("\n0.5,");
  ASSERT_NE(row, std::string::npos);
  EXPECT_DOUBLE_EQ(std::stod(curve.substr(row + 5)), report.at("mean_iou").get<double>());
  EXPECT_EQ(run("segeval", {"--checkpoint", checkpoint, "--choose-tau", "iou"}).exit_code, 2);
}

TEST_F(Programs, AKindOfPredictionsIsCheckedBeforeAnythingIsRead) {
  const ProgramResult result = run("segeval", {"--checkpoint", "/nonexistent.safetensors", "--save-predictions", "colour"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("colour"), HasSubstr("train-ids")));
}

TEST_F(Programs, EveryMistakeIsOneLineAHintAndItsExitCode) {
  struct Mistake {
    std::vector<std::string> arguments;
    int exit_code;
    std::string what;
    std::string hint;
  };
  const std::vector<Mistake> mistakes{
      {{"--config", "camvid_ce.yaml", "--set", "train.bach_size=4"}, 2, "bach_size", "batch_size"},
      {{"--config", "camvid_ce.yaml", "--set", "train.batch_size=four"}, 2, "train.batch_size", ""},
      {{"--config", "camvid_ce.yaml", "--set", "optimizer.lr=-1"}, 2, "optimizer.lr", ""},
      {{"--config", "camvid_ce.yaml", "--set", "loss.type=recal"}, 2, "recal", "recall"},
      {{"--config", "camvid_cee.yaml"}, 2, "camvid_cee.yaml", "recipe"},
      {{}, 2, "--config", "synthia_recall.yaml"},
      {{"--config", "camvid_ce.yaml", "--devise", "cpu"}, 2, "--devise", "--help"},
      {{"--config", "camvid_ce.yaml", "--device", "gpu"}, 2, "gpu", "cuda"},
      {{"--config", "camvid_ce.yaml", "--set", "train.batch_size=1"}, 2, "batch", "batch_size"},
      {{"--config", "camvid_ce.yaml", "--resume", "/nonexistent.safetensors"}, 5, "/nonexistent.safetensors", ""},
      {{"--config", "camvid_ce.yaml", "--set", "data.root=/nonexistent"}, 3, "/nonexistent", "segdata generate"},
      {{"--config", "camvid_ce.yaml", "--set", "model.pretrained=/nonexistent.safetensors", "--set", "data.root=" + data()},
       5,
       "/nonexistent.safetensors",
       ""},
  };
  for (const Mistake& mistake : mistakes) {
    std::vector<std::string> arguments = mistake.arguments;
    arguments.insert(arguments.end(), {"--run-dir", (folder_ / "run").string()});
    const ProgramResult result = run("segtrain", arguments, {"CAMVID_ROOT=/nonexistent"});
    const std::string told = result.err.substr(std::min(result.err.find("error: "), result.err.size()));
    EXPECT_EQ(result.exit_code, mistake.exit_code) << result.err;
    EXPECT_THAT(told, AllOf(StartsWith("error: "), HasSubstr(mistake.what), HasSubstr("\nhint: ")));
    EXPECT_THAT(told.substr(std::min(told.find("hint: "), told.size())), HasSubstr(mistake.hint));
    EXPECT_LE(std::count(told.begin(), told.end(), '\n'), 2) << told;
  }
}

TEST_F(Programs, AnUnsetRootSaysWhichVariable) {
  const ProgramResult result = run("segtrain", {"--config", "cityscapes_ce.yaml"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("CITYSCAPES_ROOT"), HasSubstr("cityscapes.yaml:")));
}

TEST_F(Programs, ABaseIsFoundAmongTheShippedRecipes) {
  write_text(folder_ / "mine.yaml", "base: camvid_recall.yaml\nname: mine\n");
  std::vector<std::string> arguments = training("run", (folder_ / "mine.yaml").string());
  arguments.emplace_back("--print-config");
  EXPECT_THAT(run("segtrain", arguments).out, AllOf(HasSubstr("name: mine\n"), HasSubstr("dataset: camvid\n"), HasSubstr("epochs: 0\n")));
}

TEST_F(Programs, HelpListsEveryKey) {
  const ProgramResult result = run("segtrain", {"--help"});
  EXPECT_EQ(result.exit_code, 0);
  for (const std::string key : {"train.batch_size", "loss.error_rate.smoothing", "data.synthia_seqs.split", "schedule.poly.power"})
    EXPECT_THAT(result.out, HasSubstr(key));
}

TEST_F(Programs, CheckFindsDamage) {
  ASSERT_EQ(run("segdata", {"check", "--config", "camvid_ce.yaml", "--set", "data.root=" + data()}).exit_code, 0);
  const fs::path label = *fs::directory_iterator(fs::path(data()) / "trainannot");
  write_text(label, read_text(label).substr(0, 60));
  const ProgramResult result = run("segdata", {"check", "--config", "camvid_ce.yaml", "--set", "data.root=" + data()});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.out, HasSubstr(label.filename().string()));
}

TEST_F(Programs, StatsShowEverySchemesWeights) {
  const ProgramResult result = run("segdata", {"stats", "--config", "camvid_ce.yaml", "--set", "data.root=" + data()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("Road"), HasSubstr("median_frequency"), HasSubstr("effective_number")));
  const fs::path page = folder_ / "new" / "statistics.html";
  ASSERT_EQ(run("segdata", {"stats", "--config", "camvid_ce.yaml", "--set", "data.root=" + data(), "--html", page.string()}).exit_code, 0);
  EXPECT_THAT(read_text(page), AllOf(HasSubstr("chart-shares"), HasSubstr("\"name\":\"median_frequency\"")));
}

}  // namespace
}  // namespace seg::test
