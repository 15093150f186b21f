#include "synthesis/generate.hpp"

#include <gtest/gtest.h>
#include <opencv2/imgcodecs.hpp>

#include <map>
#include <set>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/parallel.hpp"
#include "support/support.hpp"
#include "synthesis/layouts.hpp"

namespace seg {
namespace {

using synthesis::Kind;

constexpr Size kSmall{48, 80};

GenerateOptions small_options(const std::string& layout, const fs::path& output, std::int64_t count) {
  GenerateOptions options;
  options.layout = layout;
  options.output = output;
  options.count = count;
  options.size = kSmall;
  return options;
}

/// Labels of the default settings, at a quarter of their size: [split][kind] -> pixels.
const std::map<std::string, std::vector<std::int64_t>>& default_pixels() {
  static const auto counted = [] {
    const GenerateOptions defaults;
    const synthesis::Layout& layout = synthesis::find_layout(defaults.layout);
    std::vector<std::vector<std::int64_t>> images(static_cast<std::size_t>(defaults.count), std::vector<std::int64_t>(synthesis::kKinds));
    parallel_for(defaults.count, worker_threads(0), [&](std::int64_t i) {
      const synthesis::World world = synthesis::make_world(defaults.seed, i / layout.frames_a_world);
      const synthesis::Frame frame = synthesis::render(world, static_cast<double>(i % layout.frames_a_world), {95, 160}, 0);
      for (const std::uint8_t kind : frame.kinds) ++images[static_cast<std::size_t>(i)][static_cast<std::size_t>(layout.classes[kind].id)];
    });
    std::map<std::string, std::vector<std::int64_t>> pixels;
    for (std::int64_t i = 0; i < defaults.count; ++i) {
      for (const std::string& part : {std::string("all"), synthesis::split_of(i, defaults.count)}) {
        pixels[part].resize(synthesis::kKinds);
        for (std::size_t id = 0; id < synthesis::kKinds; ++id) pixels[part][id] += images[static_cast<std::size_t>(i)][id];
      }
    }
    return pixels;
  }();
  return counted;
}

double default_share(int id) {
  const auto& pixels = default_pixels().at("all");
  std::int64_t sum = 0;
  for (const std::int64_t n : pixels) sum += n;
  return static_cast<double>(pixels[static_cast<std::size_t>(id)]) / static_cast<double>(sum);
}

const std::vector<int> kSeqsIds{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15};

TEST(StreetScenes, DefaultSharesAreAsSkewedAsThePapers) {  // one test: the drawing takes a second
  EXPECT_GT(default_share(2), 0.3) << "building";
  EXPECT_GT(default_share(3), 0.2) << "road";
  EXPECT_LT(default_share(3), default_share(2));
  EXPECT_LT(default_share(9), 0.005) << "sign";
  EXPECT_LT(default_share(15), 0.005) << "light";
  EXPECT_LT(default_share(11), 0.001) << "bicycle";
  for (const int id : kSeqsIds) EXPECT_LE(default_share(11), default_share(id)) << id;
}

TEST(StreetScenes, EverySplitHasEveryClass) {
  for (const std::string split : {"train", "val", "test"}) {
    for (const int id : kSeqsIds) EXPECT_GT(default_pixels().at(split)[static_cast<std::size_t>(id)], 0) << split << " " << id;
  }
}

TEST(StreetScenes, SameSeedSameBytes) {
  const test::TemporaryFolder folder;
  GenerateOptions options = small_options("synthia_seqs", folder / "a", 3);
  options.workers = 1;
  generate_dataset(options);
  options.output = folder / "b";
  options.workers = 3;
  generate_dataset(options);
  for (const auto& entry : fs::recursive_directory_iterator(folder / "a")) {
    if (!entry.is_regular_file()) continue;
    EXPECT_EQ(test::read_text(entry.path()), test::read_text(folder / "b" / fs::relative(entry.path(), folder / "a"))) << entry.path();
  }
}

TEST(StreetScenes, OtherSeedOtherStreet) {
  const auto kinds = [](std::uint64_t seed) { return synthesis::render(synthesis::make_world(seed, 0), 0, kSmall, 0).kinds; };
  EXPECT_GT(cv::norm(kinds(1), kinds(2), cv::NORM_L1), 0);
}

TEST(StreetScenes, FrameDoesNotDependOnTheCount) {
  const test::TemporaryFolder folder;
  generate_dataset(small_options("synthia_rand", folder / "few", 1));
  generate_dataset(small_options("synthia_rand", folder / "more", 3));
  EXPECT_EQ(test::read_text(folder / "few/RGB/0000000.png"), test::read_text(folder / "more/RGB/0000000.png"));
}

TEST(StreetScenes, NeighbouringFramesShowOneStreetInMotion) {
  const auto frame = [](std::int64_t world, double moment) { return synthesis::render(synthesis::make_world(0, world), moment, {95, 160}, 0).kinds; };
  const auto changed = [](const cv::Mat& a, const cv::Mat& b) { return cv::countNonZero(a != b) / static_cast<double>(a.total()); };
  const double moved = changed(frame(0, 0), frame(0, 1));
  EXPECT_GT(moved, 0);
  EXPECT_LT(moved, 0.5 * changed(frame(0, 0), frame(1, 0)));
}

TEST(StreetScenes, SynthiaLabelsAreSixteenBitWithClassInRed) {
  const test::TemporaryFolder folder;
  generate_dataset(small_options("synthia_seqs", folder / "s", 1));
  const fs::path root = folder / "s/SYNTHIA-SEQS-05-SUMMER";
  const cv::Mat labels = cv::imread((root / "GT/LABELS/Stereo_Left/Omni_F/000000.png").string(), cv::IMREAD_UNCHANGED);
  ASSERT_EQ(labels.type(), CV_16UC3);
  const cv::Mat colors = cv::imread((root / "GT/COLOR/Stereo_Left/Omni_F/000000.png").string(), cv::IMREAD_UNCHANGED);
  ASSERT_EQ(colors.type(), CV_8UC3);
  const cv::Vec3w road = labels.at<cv::Vec3w>(labels.rows - 1, labels.cols / 4);
  EXPECT_EQ(road, cv::Vec3w(0, 0, 3));  // blue, green, red
  EXPECT_EQ(colors.at<cv::Vec3b>(labels.rows - 1, labels.cols / 4), cv::Vec3b(128, 64, 128));
}

TEST(StreetScenes, CarsCarryInstanceNumbersInGreen) {
  const synthesis::Frame frame = synthesis::render(synthesis::make_world(0, 0), 0, {95, 160}, 0);
  std::set<int> cars;
  for (int i = 0; i < static_cast<int>(frame.kinds.total()); ++i) {
    if (frame.kinds(i / 160, i % 160) == static_cast<int>(Kind::kCar)) cars.insert(frame.instances(i / 160, i % 160));
  }
  EXPECT_GE(cars.size(), 2u);
  EXPECT_FALSE(cars.contains(0));
}

void expect_refused(const GenerateOptions& options, const std::string& part) {
  try {
    generate_dataset(options);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kConfiguration);
    EXPECT_NE((std::string(error.what()) + error.hint).find(part), std::string::npos) << error.what() << error.hint;
  }
}

TEST(StreetScenes, RefusesWrongOptions) {
  const test::TemporaryFolder folder;
  expect_refused(small_options("kitti", folder / "s", 1), "cityscapes");
  expect_refused(small_options("camvid", folder / "s", 0), "count");
  GenerateOptions tiny = small_options("camvid", folder / "s", 1);
  tiny.size = {8, 80};
  expect_refused(tiny, "8x80");
}

TEST(StreetScenes, RefusesAFolderThatHoldsSomething) {
  const test::TemporaryFolder folder;
  test::write_text(folder / "old.png", "x");
  expect_refused(small_options("camvid", folder.path(), 1), "not empty");
}

}  // namespace
}  // namespace seg
