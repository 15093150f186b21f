// segpredict and segexport as a user runs them.
#include <gmock/gmock.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/videoio.hpp>

#include <set>

#include "e2e/programs.hpp"

namespace seg::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// A run whose data is gone: what a checkpoint is taken elsewhere with.
class Deployed : public Programs {
 protected:
  void SetUp() override {
    ASSERT_EQ(run("segtrain", training("run")).exit_code, 0);
    fs::rename(folder_ / "my data/test", folder_ / "images");
    fs::remove_all(folder_ / "my data");
  }

  ProgramResult predict(const std::string& input, const std::string& output, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"--checkpoint", checkpoint(), "--input", at(input), "--output", at(output), "--device", "cpu"});
    return run("segpredict", more);
  }

  std::string checkpoint() const { return (checkpoints("run") / "best.safetensors").string(); }
  std::string at(const std::string& name) const { return (folder_ / name).string(); }

  /// The files below a folder, relative to it.
  std::set<std::string> files_below(const std::string& name) const {
    std::set<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / name))
      if (entry.is_regular_file()) files.insert(entry.path().lexically_relative(folder_ / name).string());
    return files;
  }

  fs::path some_image() const { return fs::directory_iterator(folder_ / "images")->path(); }
};

TEST_F(Deployed, AFolderKeepsItsNamesAndWhatIsBrokenStopsNothing) {
  fs::create_directories(folder_ / "in/day 1/left");
  fs::copy(some_image(), folder_ / "in/day 1/left/a.png");
  fs::copy(some_image(), folder_ / "in/b.png");
  write_text(folder_ / "in/broken.png", "no image");
  const ProgramResult result = predict("in", "out", {"--overlay", "--probability", "Car"});
  EXPECT_TRUE(is_clear_error(result, 3)) << result.err;
  EXPECT_THAT(result.err, HasSubstr("1 of 3 images could not be read: " + at("in/broken.png")));
  EXPECT_THAT(result.out, AllOf(HasSubstr("2 of 3 images"), HasSubstr("images/s")));
  EXPECT_EQ(files_below("out"), (std::set<std::string>{"b.png", "b_overlay.png", "b_probability.png", "day 1/left/a.png", "day 1/left/a_overlay.png",
                                                       "day 1/left/a_probability.png"}));
  const cv::Mat ids = cv::imread(at("out/b.png"), cv::IMREAD_UNCHANGED);
  EXPECT_EQ(ids.type(), CV_8UC1);
  EXPECT_EQ(ids.size(), cv::imread(some_image().string()).size());
  EXPECT_GT(cv::imread(at("out/b_overlay.png")).cols, ids.cols);
}

TEST_F(Deployed, OneImageGoesToTheFileNamed) {
  fs::rename(some_image(), folder_ / "in.png");
  ASSERT_EQ(predict("in.png", "masks/labels.png", {"--save-predictions", "color"}).exit_code, 0);
  EXPECT_EQ(cv::imread(at("masks/labels.png"), cv::IMREAD_UNCHANGED).channels(), 3);
  EXPECT_EQ(files_below("masks"), std::set<std::string>{"labels.png"});
  // A name without a folder lies in the working directory.
  const auto here = command("segpredict", {"--checkpoint", checkpoint(), "--input", at("in.png"), "--output", "mask.png", "--device", "cpu"});
  const ProgramResult result = Process(here, with({}, [this] { fs::current_path(folder_.path()); })).wait();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(fs::exists(folder_ / "mask.png"));
}

TEST_F(Deployed, AVideoBecomesAVideoWithoutSound) {
  const cv::Mat image = cv::imread(some_image().string());
  cv::VideoWriter writer(at("ride.avi"), cv::VideoWriter::fourcc('M', 'J', 'P', 'G'), 10.0, image.size());
  if (!writer.isOpened()) GTEST_SKIP() << "this OpenCV writes no video";
  for (int i = 0; i < 5; ++i) writer.write(image);
  writer.release();
  const ProgramResult result = predict("ride.avi", "out");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("sound"));
  EXPECT_THAT(result.out, AllOf(HasSubstr("5 frames"), HasSubstr("ride.mp4")));
  EXPECT_EQ(files_below("out"), std::set<std::string>{"ride.mp4"});
  cv::VideoCapture capture(at("out/ride.mp4"));
  cv::Mat frame;
  int frames = 0;
  while (capture.read(frame)) ++frames;
  EXPECT_EQ(frames, 5);
  EXPECT_TRUE(is_clear_error(predict("ride.avi", "ride.avi"), 2));
  EXPECT_TRUE(is_clear_error(predict("ride.avi", "out", {"--save-predictions", "ids"}), 2));
  write_text(folder_ / "text.avi", "no video");
  const ProgramResult broken = predict("text.avi", "out");
  EXPECT_TRUE(is_clear_error(broken, 3)) << broken.err;
  EXPECT_THAT(broken.err, Not(HasSubstr("OpenCV(")));
}

TEST_F(Deployed, MistakesOfPredictionAreClearAndWriteNothing) {
  const auto clear = [&](const ProgramResult& result, int exit_code, const std::string& what) {
    EXPECT_TRUE(is_clear_error(result, exit_code)) << result.err;
    EXPECT_THAT(result.err, HasSubstr(what));
  };
  clear(predict("nowhere", "out"), 3, "nowhere");
  clear(predict("images", "images/predicted"), 2, "is inside --input");
  clear(predict("images", "out", {"--probability", "car"}), 2, "did you mean Car?");
  clear(predict("images", "out", {"--save-predictions", "colour"}), 2, "colour");
  clear(predict("images", "out", {"--set", "eval.window=[64, 0]"}), 2, "eval.window");
  clear(run("segpredict", {"--checkpoint", at("none.safetensors"), "--input", at("images"), "--output", at("out")}), 5, "none.safetensors");
  fs::create_directories(folder_ / "empty");
  clear(predict("empty", "out"), 3, "no image");
  const fs::path image = some_image();
  clear(predict("images/" + image.filename().string(), "images"), 2, "would replace");
  clear(predict("images/" + image.filename().string(), "out.jpg"), 2, "PNG");
  fs::copy(image, folder_ / "empty/a.png");
  fs::copy(image, folder_ / "empty/a_overlay.png");
  clear(predict("empty", "out", {"--overlay"}), 2, "two images");
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

TEST_F(Deployed, ExportsForOtherPrograms) {
  const auto exported = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"--checkpoint", checkpoint(), "--output", at("models/street.onnx")});
    return run("segexport", more);
  };
  const ProgramResult free = exported({});
  ASSERT_EQ(free.exit_code, 0) << free.err;
  EXPECT_THAT(free.out, HasSubstr("image [N,3,H,W] -> logits [N,11,H,W]"));
  EXPECT_THAT(read_text(at("models/street.onnx")), AllOf(HasSubstr("SignSymbol"), HasSubstr("backbone.layer4.1.conv2")));
  EXPECT_THAT(exported({"--labels", "--size", "48x64"}).out, HasSubstr("image [N,3,48,64] -> labels [N,48,64]"));
  EXPECT_TRUE(is_clear_error(run("segexport", {"--checkpoint", checkpoint(), "--output", at("models")}), 2));
  EXPECT_TRUE(is_clear_error(run("segexport", {"--checkpoint", at("images"), "--output", at("m.onnx")}), 5));
}

}  // namespace
}  // namespace seg::test
