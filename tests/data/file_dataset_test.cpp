#include "data/file_dataset.hpp"

#include <gmock/gmock.h>
#include <opencv2/imgcodecs.hpp>

#include "base/error.hpp"
#include "data/dataset_registry.hpp"
#include "data/png_files.hpp"
#include "data/resize.hpp"

namespace seg {
namespace {

struct Frames : testing::Test {
  Frames() {
    options.dataset = "camvid";
    options.root = (folder / "set").string();
  }
  std::filesystem::path image(const char* name) const { return folder / "set/train" / name; }
  void add_labels(int rows, int cols) const {
    cv::Mat labels(rows, cols, CV_8UC1);
    for (int n = 0; n < rows * cols; ++n) labels.data[n] = static_cast<std::uint8_t>(n % 12);
    test::write_png(folder / "set/trainannot/a.png", labels);
  }
  Sample get(const FrameSize& frame) const { return open_files(options, "train", frame)->get(0); }

  test::TemporaryFolder folder;
  DataOptions options;
};

TEST_F(Frames, HaveTheSizeAskedFor) {
  cv::Mat pixels(24, 40, CV_8UC3);
  cv::randu(pixels, 0, 256);
  std::filesystem::create_directories(folder / "set/train");
  cv::imwrite(image("a.png").string(), pixels);
  add_labels(24, 40);
  const Sample whole = get({});
  const Sample frame = get({{10, 16}, {10, 16}});
  EXPECT_EQ(cv::norm(frame.image, resize_image(whole.image, {10, 16}), cv::NORM_INF), 0);
  EXPECT_EQ(cv::norm(frame.labels, resize_labels(whole.labels, {10, 16}), cv::NORM_INF), 0);
  EXPECT_EQ(get({{10, 16}, {}}).labels.size(), whole.labels.size());
}

TEST_F(Frames, OfReducedJpegAreHeldAgainstTheFullSize) {
  std::filesystem::create_directories(folder / "set/train");
  cv::imwrite(image("a.jpg").string(), cv::Mat(64, 96, CV_8UC3, cv::Scalar(9, 9, 9)));
  add_labels(64, 96);
  EXPECT_EQ(get({{16, 24}, {16, 24}}).image.size(), cv::Size(24, 16));
  add_labels(16, 24);
  try {
    get({{16, 24}, {16, 24}});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("the labels are 16x24, the image is 64x96"));
  }
}

}  // namespace
}  // namespace seg
