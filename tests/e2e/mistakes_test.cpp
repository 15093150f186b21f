// What new users get wrong, and the answer they read: one line that says what and where, one that says how to mend it.
// tests/e2e/programs_test.cpp has the mistakes in values and names, bad_data_test.cpp broken files, failures_test.cpp memory.
#include "e2e/programs.hpp"

namespace seg::test {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::EndsWith;
using testing::HasSubstr;

struct Answer {
  std::string program;
  std::vector<std::string> arguments;
  int exit_code;
  std::string told;  // both lines; DIR is the folder of the test
};

class Mistakes : public Programs {
 protected:
  std::string at(const std::string& name) const { return (folder_ / name).string(); }

  std::string with_names(std::string text) const {
    const std::string folder = folder_.path().string();
    for (std::size_t found = text.find(folder); found != std::string::npos; found = text.find(folder)) text.replace(found, folder.size(), "DIR");
    return text;
  }

  void expect(const std::vector<Answer>& mistakes) const {
    for (const Answer& mistake : mistakes) {
      const ProgramResult result = run(mistake.program, mistake.arguments);
      EXPECT_EQ(result.exit_code, mistake.exit_code) << result.err;
      EXPECT_THAT(with_names(result.err), EndsWith(mistake.told + "\n"));
    }
  }

  /// A recipe of 2 steps on the test's data, with one thing set otherwise.
  std::vector<std::string> recipe_with(const std::string& setting) const { return training_with("run", {setting}); }
};

TEST_F(Mistakes, OnTheCommandLine) {
  expect({
      {"segtrain",
       {"camvid_ce.yaml"},
       2,
       "error: 'camvid_ce.yaml' does not belong to any option\nhint: write --config FILE and --set KEY=VALUE; segtrain --help lists the options"},
      {"segtrain",
       {"--config", "camvid_ce.yaml", "--batch-size", "4"},
       2,
       "error: segtrain has no option --batch-size\nhint: set keys of the configuration with --set KEY=VALUE; segtrain --help lists the options"},
      {"segtrain",
       {"--config", "camvid_ce.yaml", "--set", "train.batch_size", "4"},
       2,
       "error: '4' does not belong to any option\nhint: write --config FILE and --set KEY=VALUE; segtrain --help lists the options"},
      {"segtrain",
       {"--config", "camvid_ce.yaml", "--set", "train.batch_size"},
       2,
       "error: --set train.batch_size: there is no '='\nhint: write --set KEY=VALUE, such as --set train.batch_size=4"},
      {"segdata",
       {},
       2,
       "error: segdata needs a verb\n"
       "hint: write segdata generate, check, stats or preview; segdata --help explains them"},
      {"segdata",
       {"chek", "--config", "camvid_ce.yaml"},
       2,
       "error: segdata has no verb chek\nhint: did you mean check? the verbs are generate, check, stats or preview; segdata --help explains them"},
      {"segdata",
       {"generate", "--output", at("new"), "--size", "640,480"},
       2,
       "error: --size 640,480 is not a size: use HEIGHTxWIDTH in pixels, for example 380x640\nhint: segdata generate --help lists the options"},
      {"segeval", {"--config", "camvid_ce.yaml"}, 2, "error: --checkpoint is required\nhint: segeval --help lists the options"},
      {"segreport", {}, 2, "error: no run is given\nhint: use segreport RUN_DIR, or segreport compare RUN_DIR... --output DIR"},
      {"segreport", {data()}, 3, "error: DIR/my data: not a run (metrics.jsonl cannot be read)\nhint: give the directory of a segtrain run"},
  });
}

TEST_F(Mistakes, InTheConfiguration) {
  expect({
      {"segtrain", recipe_with("lr=0.1"), 2, "error: --set lr=0.1: unknown key 'lr'\nhint: did you mean optimizer.lr?"},
      {"segtrain", recipe_with("loss=recall"), 2,
       "error: --set loss=recall: loss: expected a block of keys, found a single value\n"
       "hint: loss is a block (the loss function): put its keys below it, indented, or set one with --set loss.KEY=VALUE"},
      {"segtrain", recipe_with("data.size=48"), 2,
       "error: --set data.size=48: data.size: expected a size [height, width], found '48'\n"
       "hint: data.size is a size [height, width] (size of the network's input in training), written like  size: [384, 768]"},
      {"segtrain", recipe_with("train.epochs=3"), 2,
       "error: --set train.iterations=4: train.iterations and train.epochs are both set\nhint: set only one of them"},
      {"segtrain", recipe_with("train.batch_size=64"), 2,
       "error: --set train.batch_size=64: the training split has 21 images, fewer than one step needs (train.batch_size 64 x train.accumulate 1)\n"
       "hint: lower train.batch_size or train.accumulate, or add images"},
      {"segtrain", recipe_with("augment.rare_classes=[pole]"), 2,
       "error: --set augment.rare_classes=[pole]: augment.rare_classes: the data set has no class 'pole'\n"
       "hint: its classes are Sky, Building, Pole, Road, Pavement, Tree, SignSymbol, Fence, Car, Pedestrian, Bicyclist"},
      {"segtrain", recipe_with("model.pretrained=resnet18"), 5,
       "error: model.pretrained: there is no file resnet18\n"
       "hint: set it to a file, or to imagenet for published weights (data/README.md); --set model.pretrained= trains from scratch"},
      {"segtrain", recipe_with("model.pretrained=imagenet"), 2,
       "error: --set model.pretrained=imagenet: model.pretrained: imagenet works only with model.width 1\n"
       "hint: set model.width: 1, or train from scratch with --set model.pretrained="},
      {"segtrain", {"--config", data()}, 2, "error: cannot read DIR/my data: not a regular file\nhint: it is a folder: give a file in it"},
  });
  if (run("segtrain", {"--version"}).out.find("CUDA: no device") == std::string::npos) return;
  expect({{"segtrain",
           {"--config", "camvid_ce.yaml", "--set", "data.root=" + data(), "--run-dir", at("run"), "--device", "cuda"},
           2,
           "error: --device cuda: this LibTorch sees no CUDA device\nhint: use --device cpu; CUDA needs its driver and LibTorch 2.4 or later, "
           "built with CUDA"}});
}

TEST_F(Mistakes, InTheData) {
  const std::string folder = at("mine");
  ASSERT_EQ(run("segdata", {"generate", "--layout", "folder", "--output", folder, "--count", "10", "--size", "48x64"}).exit_code, 0);
  write_text(folder_ / "mine.yaml", "name: mine\ndata: {dataset: folder, root: '" + folder + "', classes: '" + folder +
                                        "/classes.yaml', size: [48, 48]}\ntrain: {iterations: 2, batch_size: 2}\n");
  fs::create_directories(folder_ / "empty/images/train");
  fs::create_directories(folder_ / "empty/labels/train");
  const auto mine_with = [&](const std::string& setting) {
    return std::vector<std::string>{"--config", at("mine.yaml"), "--run-dir", at("run"), "--device", "cpu", "--set", setting};
  };
  const std::string get =
      "data/README.md explains how to get the data and what data.root must contain; "
      "`segdata generate --layout folder --output DIR` draws a substitute";
  expect({
      {"segtrain", recipe_with("data.root=" + folder_.path().string()), 3,
       "error: there is no data folder DIR/train\nhint: did you mean --set data.root=DIR/my data?"},
      {"segtrain", recipe_with("data.root=" + at("my data/train/")), 3,
       "error: there is no data folder DIR/my data/train/train\nhint: did you mean --set data.root=DIR/my data?"},
      {"segtrain", mine_with("data.folder.images=pictures"), 3, "error: there is no data folder DIR/mine/pictures/train\nhint: " + get},
      {"segdata",
       {"check", "--config", at("mine.yaml"), "--set", "data.root=" + at("nowhere")},
       3,
       "error: there is no data folder DIR/nowhere/images/train\nhint: " + get},
      {"segtrain", mine_with("data.root=" + at("empty")), 3, "error: DIR/empty: the split 'train' has no images\nhint: " + get},
      {"segdata",
       {"generate", "--output", folder},
       2,
       "error: the output folder DIR/mine is not empty\nhint: remove it or use another one, so that old and new images do not mix"},
  });
  const std::string encoding =
      "hint: set data.folder.encoding to index, palette or rgb, as labels are stored; or are the folders of images and labels swapped?\n";
  std::vector<std::string> exchanged = mine_with("data.folder.images=labels");
  exchanged.insert(exchanged.end(), {"--set", "data.folder.labels=images"});
  const ProgramResult images_for_labels = run("segtrain", exchanged);
  EXPECT_EQ(images_for_labels.exit_code, 3);
  EXPECT_THAT(images_for_labels.err, AllOf(HasSubstr("has 3 channels, but ids need one channel"), EndsWith(encoding)));
  expect({{"segtrain", mine_with("data.on_error=stop"), 5,
           "error: DIR/run already holds a run\nhint: it stopped before its first checkpoint: remove the folder, or choose another --run-dir"}});
  fs::remove_all(folder_ / "run");
  const ProgramResult ids_for_colors = run("segtrain", mine_with("data.folder.encoding=rgb"));
  EXPECT_EQ(ids_for_colors.exit_code, 3);
  EXPECT_THAT(ids_for_colors.err, AllOf(HasSubstr("is grey, but colors are expected"), EndsWith(encoding)));
}

TEST_F(Mistakes, AnotherDataSetsClassTableIsSeen) {
  const auto check_with = [&](const std::string& table) {
    return run("segdata",
               {"check", "--config", "camvid_ce.yaml", "--set", "data.root=" + data(), "--set", "data.classes=" + repository_file(table).string()});
  };
  const ProgramResult wider = check_with("data/cityscapes.yaml");  // its ids hold all of these labels
  EXPECT_EQ(wider.exit_code, 0);
  EXPECT_THAT(wider.out, ContainsRegex("no pixel of 1[0-9] of the 19 classes: .*is this the class table of another data set"));
  write_text(folder_ / "two.yaml", "classes: [{name: Sky, id: 0, color: [1, 2, 3]}, {name: Road, id: 3, color: [3, 2, 1]}]\n");
  const ProgramResult refused = run("segtrain", recipe_with("data.classes=" + at("two.yaml")));
  EXPECT_TRUE(is_clear_error(refused, 3)) << refused.err;
  EXPECT_THAT(refused.err, AllOf(HasSubstr("label values outside the class table: 1 ("),
                                 HasSubstr("hint: add them to the class table, as a class or under ignore; `segdata check` lists all of them")));
}

TEST_F(Mistakes, WithRunsAndCheckpoints) {
  const ProgramResult trained = run("segtrain", training_with("run", {"data.size=[96, 48]", "train.iterations=2"}));
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("data.size is 96x48, frames are 48x64 (height x width): every crop is padded with ignored pixels; "
                                     "are height and width swapped?"));
  write_text(folder_ / "notes.txt", "");
  const std::string best = at("run/checkpoints/best.safetensors");
  const std::string golden = repository_file("tests/golden/ce_ignore.safetensors").string();
  write_text(folder_ / "weights.pth", "PK\x03\x04 as torch.save writes it");
  const std::string elsewhere =
      "hint: use model.pretrained or model.init_from for other weights; --checkpoint and --resume need a file from RUN/checkpoints";
  const auto eval = [](const std::string& checkpoint, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"--checkpoint", checkpoint, "--device", "cpu"});
    return more;
  };
  const auto resumed = [&](const std::string& from, const std::string& run_dir) {
    return std::vector<std::string>{"--resume", from, "--run-dir", at(run_dir), "--device", "cpu"};
  };
  expect({
      {"segtrain", training("run"), 5, "error: DIR/run already holds a run\nhint: resume it with --resume auto, or choose another --run-dir"},
      {"segtrain", training("notes.txt/run"), 5,
       "error: cannot create the folder DIR/notes.txt/run/checkpoints: Not a directory\n"
       "hint: use another folder, or check the permissions of its parent folder"},
      {"segtrain", resumed("yes", "run"), 2,
       "error: --resume yes is neither auto nor never nor a file\nhint: use auto, never, or a checkpoint such as RUN/checkpoints/last.safetensors"},
      {"segtrain", resumed("auto", "none"), 2,
       "error: there is no run to resume in DIR/none, and no --config to start one\nhint: check --run-dir, or give a recipe with --config"},
      {"segtrain", resumed(at("run"), "run"), 5,
       "error: DIR/run is a folder, not a checkpoint\nhint: did you mean DIR/run/checkpoints/last.safetensors?"},
      {"segtrain", resumed(best, "other"), 5,
       "error: DIR/run/checkpoints/best.safetensors holds only weights and cannot be resumed\n"
       "hint: use RUN/checkpoints/last.safetensors, or model.init_from to start a new run from these weights"},
      {"segeval", eval(at("run")), 5, "error: DIR/run is a folder, not a checkpoint\nhint: did you mean DIR/run/checkpoints/best.safetensors?"},
      {"segeval", eval(at("my data")), 5,
       "error: DIR/my data is a folder without checkpoints\nhint: give a file, such as RUN/checkpoints/best.safetensors"},
      {"segeval", eval(golden), 5, "error: " + golden + " is not a checkpoint of segtrain\n" + elsewhere},
      {"segeval", eval(at("weights.pth")), 5, "error: DIR/weights.pth, a PyTorch file, is not a checkpoint of segtrain\n" + elsewhere},
      {"segeval", eval(best, {"--split", "training"}), 2, "error: --split training: the data has no such split\nhint: use one of train, val, test"},
      {"segeval", eval(best, {"--set", "model.backbone=resnet50"}), 2,
       "error: model.backbone is resnet18 in DIR/run/checkpoints/best.safetensors, not resnet50\n"
       "hint: the weights fit only that network: do not change this key, or train another network"},
      {"segexport", {"--checkpoint", best, "--output", at("run")}, 2, "error: --output DIR/run is a folder\nhint: give a file, such as model.onnx"},
  });
}

}  // namespace
}  // namespace seg::test
