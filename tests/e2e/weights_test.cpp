// Published weights by name: what segtrain fetches, from where, and what it and the other programs do without.
#include "e2e/ranks.hpp"
#include "support/file_server.hpp"
#include "support/stand_in_weights.hpp"

namespace seg::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// A run of a recipe that names imagenet, and a mirror on loopback.
class WeightsByName : public RankPrograms {
 protected:
  WeightsByName() {
    setenv("no_proxy", "*", 1);
    for (const char* name : {"SEGTRAIN_WEIGHTS", "TORCH_HOME", "RESNET18_WEIGHTS"}) unsetenv(name);
    use(mirror_.address());
  }

  static void use(const std::string& mirror) { setenv("SEGTRAIN_WEIGHTS_URL", mirror.c_str(), 1); }

  /// A few steps of the whole width, which is all that the weights fit.
  std::vector<std::string> few_steps(const std::string& run_dir, std::vector<std::string> settings = {}) const {
    settings.insert(settings.begin(), {"model.width=1", "model.pretrained=imagenet", "train.batch_size=4", "train.iterations=2",
                                       "train.checkpoint_interval=1", "train.keep=2"});
    return training_with(run_dir, settings);
  }
  std::vector<std::string> dry(std::vector<std::string> settings = {}) const {
    std::vector<std::string> arguments = few_steps("dry", std::move(settings));
    arguments.emplace_back("--dry-run");
    return arguments;
  }

  static const std::string& stand_in() {
    static const std::string bytes = [] {
      const TemporaryFolder folder;
      write_stand_in_resnet18(folder / "file");
      return read_text(folder / "file");
    }();
    return bytes;
  }

  fs::path cached() const { return folder_ / "cache/segtrain/weights" / kStandInName; }

  FileServer mirror_{[](const FileServer::Request&) { return FileServer::Answer{.body = stand_in()}; }};
};

TEST_F(WeightsByName, RanksFetchThemOnceAndLaterProgramsDoWithoutTheNetwork) {
  const ProgramResult trained = run_ranks("segtrain", 2, few_steps("run"));
  EXPECT_THAT(trained.err, AllOf(HasSubstr(mirror_.address() + "/" + kStandInName), HasSubstr("weights from " + cached().string()),
                                 HasSubstr("loaded         100 tensors"), HasSubstr("backbone.fc.bias, backbone.fc.weight")));
  EXPECT_EQ(mirror_.requests().size(), 1U);

  use("http://127.0.0.1:1");
  const ProgramResult again = run("segtrain", dry());
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("imagenet is " + cached().string() + " (segtrain's cache)"));
  const std::string step = (checkpoints("run") / "step-1.safetensors").string();
  const ProgramResult resumed = run("segtrain", {"--resume", step, "--run-dir", (folder_ / "other").string(), "--device", "cpu"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_THAT(read_text(folder_ / "other/config.yaml"), HasSubstr("pretrained: imagenet\n"));

  fs::remove(cached());
  const std::string best = (checkpoints("run") / "best.safetensors").string();
  const ProgramResult evaluated = run("segeval", {"--checkpoint", best, "--split", "val", "--output", (folder_ / "eval").string()});
  EXPECT_EQ(evaluated.exit_code, 0) << evaluated.err;
  const ProgramResult exported = run("segexport", {"--checkpoint", best, "--output", (folder_ / "model.onnx").string()});
  EXPECT_EQ(exported.exit_code, 0) << exported.err;
}

TEST_F(WeightsByName, WithoutTheNetworkOneLineSaysWhatToDo) {
  use("http://127.0.0.1:1");
  const ProgramResult result = run("segtrain", dry());
  EXPECT_TRUE(is_clear_error(result, 5)) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr(std::string("cannot download http://127.0.0.1:1/") + kStandInName),
                                HasSubstr(std::string("put ") + kStandInName + " into " + cached().parent_path().string())));
}

TEST_F(WeightsByName, AWrongFileIsNotTaken) {
  const FileServer wrong([](const FileServer::Request&) { return FileServer::Answer{.body = "<html>log in first</html>"}; });
  use(wrong.address());
  const ProgramResult result = run("segtrain", dry());
  EXPECT_TRUE(is_clear_error(result, 5)) << result.err;
  EXPECT_THAT(result.err, HasSubstr("not f37072fd"));
  EXPECT_FALSE(fs::exists(cached()));
}

TEST_F(WeightsByName, ABackboneWithoutThemIsAConfigurationError) {
  const ProgramResult result = run("segtrain", dry({"model.backbone=resnet18_published"}));
  EXPECT_TRUE(is_clear_error(result, 2)) << result.err;
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("no published ImageNet weights for resnet18_published"), HasSubstr("resnet18, resnet34, resnet50, resnet101")));
  EXPECT_TRUE(mirror_.requests().empty());
}

TEST_F(WeightsByName, ProgramsThatDownloadNothingDoNotLoadWhatDownloads) {
  const ProgramResult loaded = run_program({"/usr/bin/ldd", program("segreport").string()});
  EXPECT_THAT(loaded.out, AllOf(HasSubstr("libc.so"), Not(HasSubstr("libcurl"))));
}

}  // namespace
}  // namespace seg::test
