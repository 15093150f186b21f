#include "data/cache/cache.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "data/augment/transforms.hpp"
#include "data/dataset_registry.hpp"
#include "data/loader.hpp"
#include "data/png_files.hpp"
#include "data/sampling.hpp"

namespace seg {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr int kImages = 6;

/// Six images of 20x30 in the layout of CamVid, behind a cache in memory or on disk.
struct Cache : testing::TestWithParam<std::string> {
  Cache() {
    for (int i = 0; i < kImages; ++i) write_pair(i, i);
    options.dataset = "camvid";
    options.root = (folder / "set").string();
    options.cache = config::value_of(GetParam(), kCacheKinds);
    options.cache_dir = (folder / "cache").string();
  }

  fs::path image(int i) const { return folder / "set/train" / (std::to_string(i) + ".png"); }
  fs::path labels(int i) const { return folder / "set/trainannot" / (std::to_string(i) + ".png"); }
  void write_pair(int i, int content) const {
    cv::Mat pixels(20, 30, CV_8UC3), classes(20, 30, CV_8UC1);
    for (int n = 0; n < 20 * 30 * 3; ++n) pixels.data[n] = static_cast<std::uint8_t>(n * (content + 3) % 251);
    for (int n = 0; n < 20 * 30; ++n) classes.data[n] = static_cast<std::uint8_t>((n + content) % 12);
    test::write_png(image(i), pixels, {.color_type = SPNG_COLOR_TYPE_TRUECOLOR});
    test::write_png(labels(i), classes);
  }
  std::shared_ptr<const FileDataset> files(const FrameSize& frame = {}) const { return open_files(options, "train", frame); }
  std::shared_ptr<SampleCache> cache(const FileDataset& set) const { return open_cache(options, {&set}, {}); }

  test::TemporaryFolder folder;
  DataOptions options;
};

std::string digest_of(const Sample& sample) {
  Digest digest;
  for (int y = 0; y < sample.image.rows; ++y) digest.update(sample.image.ptr(y), static_cast<std::size_t>(sample.image.cols) * 3);
  for (int y = 0; y < sample.labels.rows; ++y) digest.update(sample.labels.ptr(y), static_cast<std::size_t>(sample.labels.cols));
  return sample.id + " " + to_string(Size{sample.image.rows, sample.image.cols}) + " " + digest.hex();
}

std::vector<std::string> epochs_of(const std::shared_ptr<const Dataset>& dataset, const SampleTransform& transform, std::int64_t batches,
                                   const std::shared_ptr<const RareClassSampling>& sampling) {
  LoaderOptions options;
  options.batch_size = 2;
  options.workers = 3;
  options.seed = 5;
  options.shuffle = options.drop_last = true;
  options.batches = batches;
  options.sampling = sampling;
  DataLoader loader(dataset, transform, options);
  std::vector<std::string> digests;
  while (const auto samples = loader.next()) {
    for (const Sample& sample : *samples) digests.push_back(digest_of(sample));
  }
  return digests;
}

/// Overwrites the file with as many zeros and gives it its old time, so that nothing tells that it has changed.
void damage_secretly(const fs::path& file) {
  const auto time = fs::last_write_time(file);
  test::write_text(file, std::string(fs::file_size(file), '\0'));
  fs::last_write_time(file, time);
}

AugmentOptions all_augmentations(bool crop) {
  AugmentOptions options;
  options.crop = crop;
  options.color = {0.5, 0.5, 0.5, 0.2};
  options.blur.probability = 0.7;
  return options;
}

TEST_P(Cache, ChangesNoBitOfAnyTransformOrSampling) {
  DataOptions rare = options;
  rare.sampling = Sampling::kRareClass;
  rare.size = {16, 16};
  for (const bool crop : {false, true}) {
    const FrameSize frame = crop ? FrameSize{} : FrameSize{{16, 16}, {16, 16}};
    const auto plain = files(frame);
    const SampleTransform transform = training_transform(all_augmentations(crop), {16, 16}, plain->classes(), {});
    const auto cached = std::make_shared<CachedDataset>(plain, cache(*plain));
    for (const auto& sampling : {std::shared_ptr<const RareClassSampling>(), make_sampling(compute_statistics(*plain, rare), rare, crop)})
      EXPECT_EQ(epochs_of(cached, transform, 12, sampling), epochs_of(plain, transform, 12, sampling)) << "crop " << crop << " drawn " << !!sampling;
  }
}

TEST_P(Cache, ChangesNoBitOfFramesOfAnySize) {
  for (const FrameSize& frame : {FrameSize{}, FrameSize{{8, 12}, {}}, FrameSize{{8, 12}, {8, 12}}}) {
    const auto plain = files(frame);
    const CachedDataset cached(plain, cache(*plain));
    for (const char* time : {"first", "second"}) EXPECT_EQ(digest_of(cached.get(3)), digest_of(plain->get(3))) << time << " time";
  }
}

TEST_P(Cache, ReadsNoFileTwice) {
  const auto set = files();
  const CachedDataset cached(set, cache(*set));
  const std::string first = digest_of(cached.get(2));
  damage_secretly(image(2));
  damage_secretly(labels(2));
  EXPECT_EQ(digest_of(cached.get(2)), first);
}

TEST_P(Cache, KeepsTrainingAndValidationFramesApart) {
  const auto train = files({{8, 8}, {8, 8}});
  const auto val = files({{8, 8}, {}});
  const auto both = open_cache(options, {train.get(), val.get()}, {});
  CachedDataset(train, both).get(0);
  EXPECT_EQ(CachedDataset(val, both).get(0).labels.size(), cv::Size(30, 20));
}

TEST_P(Cache, ReadsAChangedFileAgain) {
  const auto set = files();
  const CachedDataset cached(set, cache(*set));
  const std::string old = digest_of(cached.get(1));
  write_pair(1, 9);
  const std::string fresh = digest_of(set->get(1));
  ASSERT_NE(fresh, old);
  EXPECT_EQ(digest_of(cached.get(1)), fresh);
  EXPECT_EQ(digest_of(cached.get(1)), fresh);
}

TEST_P(Cache, PassesErrorsOnAndKeepsNone) {
  const std::string good = test::read_text(image(4));
  test::write_text(image(4), good.substr(0, good.size() / 2));
  const auto set = files();
  const CachedDataset cached(set, cache(*set));
  EXPECT_THROW(cached.get(4), Error);
  EXPECT_THROW(cached.get(4), Error);
  test::write_text(image(4), good);
  EXPECT_EQ(digest_of(cached.get(4)), digest_of(set->get(4)));
}

TEST_P(Cache, NamesAMissingFile) {
  const auto set = files();
  fs::remove(labels(0));
  try {
    CachedDataset(set, cache(*set)).get(0);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kData);
    EXPECT_THAT(error.what(), HasSubstr("trainannot/0.png"));
  }
}

TEST_P(Cache, LeavesBrokenSamplesToTheLoader) {
  test::write_text(image(4), "no image");
  const auto set = files();
  const auto cached = std::make_shared<CachedDataset>(set, cache(*set));
  LoaderOptions loading;
  loading.workers = 2;
  loading.skip_broken = true;
  loading.skip_budget = 1;
  for (int epoch = 0; epoch < 2; ++epoch) {
    DataLoader loader(cached, {}, loading);
    std::size_t samples = 0;
    while (const auto batch = loader.next()) samples += batch->size();
    EXPECT_EQ(samples, kImages - 1);
    EXPECT_THAT(loader.skipped(), testing::ElementsAre(HasSubstr("train/4.png")));
  }
}

TEST_P(Cache, GivesTheSameBeyondItsLimit) {
  options.cache_gb = GetParam() == "memory" ? 5000e-9 : 12e-6;  // two samples; on disk with the header and index
  const auto set = files();
  const CachedDataset cached(set, cache(*set));
  for (int epoch = 0; epoch < 2; ++epoch) {
    for (int i = 0; i < kImages; ++i) EXPECT_EQ(digest_of(cached.get(i)), digest_of(set->get(i)));
  }
  damage_secretly(image(5));
  EXPECT_THROW(cached.get(5), Error) << "it was kept";
}

INSTANTIATE_TEST_SUITE_P(Kinds, Cache, testing::Values("memory", "disk"), [](const auto& kind) { return kind.param; });

TEST(MemoryCache, KeepsWhatFitsItsLimit) {
  DataOptions options;
  options.cache = CacheKind::kMemory;
  options.cache_gb = 2 * 400e-9;
  const auto cache = open_cache(options, {}, {});
  Sample sample;
  sample.image = cv::Mat(10, 10, CV_8UC3, cv::Scalar(1, 2, 3));
  sample.labels = cv::Mat(10, 10, CV_8UC1, cv::Scalar(4));
  for (const char* name : {"a", "b", "c"}) cache->keep({name, "1"}, sample);
  EXPECT_TRUE(cache->find({"a", "1"}));
  EXPECT_TRUE(cache->find({"b", "1"}));
  EXPECT_FALSE(cache->find({"c", "1"}));
  cache->keep({"a", "2"}, sample);
  EXPECT_TRUE(cache->find({"a", "2"})) << "a changed file takes the place of its old version";
}

TEST(OpenCache, GoesOnWithoutAFolderItCannotWrite) {
  const test::TemporaryFolder folder;
  test::write_text(folder / "file", "in the way");
  DataOptions options;
  options.cache = CacheKind::kDisk;
  options.root = options.cache_dir = (folder / "file/cache").string();
  EXPECT_EQ(open_cache(options, {}, {}), nullptr);
}

TEST(OpenCache, TakesTheDefaultFolderUnlessToldAnother) {
  const test::TemporaryFolder folder;
  DataOptions options;
  options.cache = CacheKind::kDisk;
  options.root = folder.path().string();
  const auto cache = open_cache(options, {}, folder / "default");
  EXPECT_FALSE(fs::is_empty(folder / "default"));
}

TEST(OpenCache, IsNullForNone) { EXPECT_EQ(open_cache({}, {}, {}), nullptr); }

}  // namespace
}  // namespace seg
