#include "data/statistics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "data/dataset_registry.hpp"
#include "data/png_files.hpp"

namespace seg {
namespace {

using test::TemporaryFolder;
using test::write_image;
using testing::ElementsAre;

/// Three training images of 4 x 6; labels: all 1; half 0, half ignored; all 1.
struct Statistics : testing::Test {
  Statistics() {
    options.dataset = "camvid";
    options.root = (folder / "set").string();
    options.workers = 2;
    for (const char* name : {"a", "b", "c"}) write_image(train() / (std::string(name) + ".png"), 4, 6);
    test::write_labels(annotation("a"), 4, 6, 1);
    cv::Mat half(4, 6, CV_8UC1, cv::Scalar(0));
    half.rowRange(2, 4).setTo(11);
    test::write_png(annotation("b"), half);
    test::write_labels(annotation("c"), 4, 6, 1);
  }

  std::filesystem::path train() const { return folder / "set/train"; }
  std::filesystem::path annotation(const std::string& name) const { return folder / ("set/trainannot/" + name + ".png"); }
  ClassStatistics cached() const { return cached_statistics(*open_files(options, "train"), options, cache()); }
  std::filesystem::path cache() const { return folder / "run/statistics.json"; }

  TemporaryFolder folder;
  DataOptions options;
};

TEST_F(Statistics, CountPixelsAndImages) {
  const ClassStatistics counted = compute_statistics(*open_files(options, "train"), options);
  EXPECT_EQ(counted.image_count, 3);
  EXPECT_EQ(counted.ignored_pixels, 12);
  EXPECT_EQ(counted.pixels.size(), 11u);
  EXPECT_THAT(std::vector(counted.pixels.begin(), counted.pixels.begin() + 3), ElementsAre(12, 48, 0));
  EXPECT_THAT(std::vector(counted.images.begin(), counted.images.begin() + 3), ElementsAre(1, 2, 0));
  EXPECT_THAT(std::vector(counted.pixels_of_images.begin(), counted.pixels_of_images.begin() + 3), ElementsAre(12, 48, 0));
}

TEST_F(Statistics, CountTrainedVoid) {
  options.void_label = VoidPixels::kTrain;
  const ClassStatistics counted = compute_statistics(*open_files(options, "train"), options);
  EXPECT_EQ(counted.ignored_pixels, 0);
  EXPECT_EQ(counted.pixels.at(11), 12);
  EXPECT_EQ(counted.pixels_of_images.at(0), 24);
}

TEST_F(Statistics, AreTakenFromTheCache) {
  cached();
  std::string json = test::read_text(cache());
  json.replace(json.find("48", json.find("\"pixels\"")), 2, "99");
  test::write_text(cache(), json);
  EXPECT_EQ(cached().pixels.at(1), 99);
}

TEST_F(Statistics, AreCountedAgainWhenALabelFileChanges) {
  cached();
  test::write_labels(annotation("c"), 4, 6, 2);
  std::filesystem::last_write_time(annotation("c"), std::filesystem::file_time_type::clock::now() + std::chrono::seconds(2));
  EXPECT_EQ(cached().pixels.at(1), 24);
}

TEST_F(Statistics, AreCountedAgainForAnotherMapping) {
  cached();
  options.void_label = VoidPixels::kTrain;
  EXPECT_EQ(cached().pixels.size(), 12u);
}

TEST_F(Statistics, SurviveADamagedCache) {
  cached();
  const std::string json = test::read_text(cache());
  test::write_text(cache(), json.substr(0, json.size() / 2));
  EXPECT_EQ(cached().pixels.at(1), 48);
  EXPECT_EQ(test::read_text(cache()), json);
}

TEST_F(Statistics, TellWhatEachImageHolds) {
  cached();
  const LabelStatistics again = cached_statistics(*open_files(options, "train"), options, cache());
  for (const LabelStatistics& counted : {compute_statistics(*open_files(options, "train"), options), again}) {
    ASSERT_EQ(counted.by_image.size(), 3u);
    EXPECT_EQ(counted.by_image[0].pixels, 24);
    EXPECT_EQ(counted.by_image[1].pixels, 24);  // half of them ignored
    ASSERT_EQ(counted.by_image[1].counts.size(), 1u);
    EXPECT_EQ(counted.by_image[1].counts[0].label, 0);
    EXPECT_EQ(counted.by_image[1].counts[0].pixels, 12);
    EXPECT_EQ(counted.by_image[2].counts.at(0).label, 1);
  }
}

TEST_F(Statistics, OfAnOlderFormatOrWithUnsoundImagesAreCountedAgain) {
  cached();
  const std::string sound = test::read_text(cache());
  const auto changed = [&](const auto& change) {
    nlohmann::json json = nlohmann::json::parse(sound);
    change(json);
    test::write_text(cache(), json.dump());
    EXPECT_EQ(cached().pixels.at(1), 48);
    EXPECT_EQ(test::read_text(cache()), sound);
  };
  changed([](nlohmann::json& json) {  // as before images were counted
    json.erase("format");
    json.erase("by_image");
  });
  changed([](nlohmann::json& json) { json["by_image"].erase(0); });
  changed([](nlohmann::json& json) { json["by_image"][0] = {24, 11, 24}; });  // there are 11 classes
  changed([](nlohmann::json& json) { json["by_image"][0] = {24, 1, 25}; });
  changed([](nlohmann::json& json) { json["by_image"][0] = {24, 1}; });
}

TEST_F(Statistics, OneCacheServesEverySampling) {
  const std::filesystem::path uniform = statistics_cache_file(options);
  options.sampling = Sampling::kRareClass;
  options.rare_class_temperature = 0.1;
  options.rare_class_share = 0.5;
  EXPECT_EQ(statistics_cache_file(options), uniform);
}

TEST_F(Statistics, StopAtABrokenFile) {
  test::write_labels(annotation("b"), 3, 6, 1);
  const auto dataset = open_files(options, "train");
  EXPECT_THROW(compute_statistics(*dataset, options), Error);
}

TEST_F(Statistics, SkipBrokenFilesWithinTheBudget) {
  test::write_text(annotation("b"), "");
  options.on_error = OnError::kSkip;
  options.skip_budget = 1;
  const auto dataset = open_files(options, "train");
  const LabelStatistics counted = compute_statistics(*dataset, options);
  EXPECT_EQ(counted.image_count, 2);
  EXPECT_EQ(counted.by_image.size(), 3u);  // indices are those of the data set
  EXPECT_EQ(counted.by_image[1].pixels, 0);
  EXPECT_TRUE(counted.by_image[1].counts.empty());
  options.skip_budget = 0;
  EXPECT_THROW(compute_statistics(*dataset, options), Error);
}

}  // namespace
}  // namespace seg
