#include "data/sampling.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "base/error.hpp"
#include "base/random.hpp"
#include "data/loaded.hpp"
#include "data/memory_dataset.hpp"

namespace seg {
namespace {

using test::augmentation;
using test::contents;
using test::Ids;
using test::MemoryDataset;
using test::training;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

/// Frames of 100 x 100 with these pixels of each class; the rest is ignored.
LabelStatistics statistics_of(const std::vector<std::vector<std::int64_t>>& images) {
  const std::vector<std::int64_t> zeros(images.front().size(), 0);
  LabelStatistics statistics{{zeros, zeros, zeros}, {}};
  for (const std::vector<std::int64_t>& pixels : images) {
    ImageLabels& image = statistics.by_image.emplace_back(ImageLabels{100 * 100, {}});
    for (std::size_t c = 0; c < pixels.size(); ++c) {
      statistics.pixels[c] += pixels[c];
      if (pixels[c] > 0) image.counts.push_back({static_cast<std::uint8_t>(c), pixels[c]});
    }
  }
  return statistics;
}

/// Four images; road has 90, car 9 and pole 1 % of the labelled pixels.
LabelStatistics street() { return statistics_of({{6000, 900, 20}, {6000, 0, 180}, {6000, 900, 0}, {9000, 900, 100}}); }

DataOptions options_of(double temperature, double share) {
  DataOptions options;
  options.sampling = Sampling::kRareClass;
  options.rare_class_temperature = temperature;
  options.rare_class_share = share;
  options.size = {50, 50};
  return options;
}

/// Of draws against what is expected of each: sum (n - e)^2 / e.
template <class Key>
double chi_square(const std::map<Key, std::int64_t>& counts, const std::map<Key, double>& expected) {
  double sum = 0.0;
  for (const auto& [key, count] : expected) {
    const auto found = counts.find(key);
    const double difference = (found == counts.end() ? 0.0 : static_cast<double>(found->second)) - count;
    sum += difference * difference / count;
  }
  return sum;
}

TEST(RareClassSampling, DrawsClassesByTheSoftmaxOfTheirRarity) {
  const RareClassSampling sampling(street(), options_of(0.5, 0.01), /*crops=*/true);
  const double all = 30000.0, sum = std::exp(2 * (1 - 27000 / all)) + std::exp(2 * (1 - 2700 / all)) + std::exp(2 * (1 - 300 / all));
  std::map<int, double> expected;
  std::map<int, std::int64_t> counts;
  constexpr int kDraws = 20000;
  for (const auto& [c, pixels] : {std::pair(0, 27000.0), std::pair(1, 2700.0), std::pair(2, 300.0)}) {
    const double probability = std::exp(2 * (1 - pixels / all)) / sum;
    EXPECT_NEAR(sampling.probabilities()[static_cast<std::size_t>(c)], probability, 1e-12);
    expected[c] = kDraws * probability;
  }
  for (int place = 0; place < kDraws; ++place) {
    const Draw draw = sampling.draw(seed_of({5, static_cast<std::uint64_t>(place)}), place);
    EXPECT_EQ(draw.number, static_cast<std::uint64_t>(place));
    ++counts[draw.wanted->label];
  }
  EXPECT_EQ(counts.size(), 3U);
  EXPECT_LT(chi_square(counts, expected), 13.8);  // two degrees of freedom, one in a thousand
}

TEST(RareClassSampling, DrawsImagesWithEnoughOfTheClassAlikeOften) {
  // A hundredth of a crop of 50 x 50 is 25 pixels: image 0 has 20 of pole.
  const RareClassSampling sampling(street(), options_of(0.01, 0.01), true);
  EXPECT_THAT(sampling.images(), ElementsAre(ElementsAre(0, 1, 2, 3), ElementsAre(0, 2, 3), ElementsAre(1, 3)));
  std::map<std::int64_t, std::int64_t> with_pole;
  std::int64_t poles = 0;
  for (int place = 0; place < 5000; ++place) {
    const Draw draw = sampling.draw(seed_of({9, static_cast<std::uint64_t>(place)}), place);
    if (draw.wanted->label != 2) continue;
    ++with_pole[draw.index];
    ++poles;
    EXPECT_EQ(draw.wanted->share, 0.01);
  }
  const double half = static_cast<double>(poles) / 2;
  EXPECT_EQ(with_pole.size(), 2U);
  EXPECT_LT(chi_square(with_pole, {{1, half}, {3, half}}), 10.8);  // one degree of freedom, one in a thousand
}

TEST(RareClassSampling, EnoughIsAShareOfTheFrameWhereNothingIsCropped) {
  // A hundredth of 100 x 100 is 100 pixels.
  EXPECT_THAT(RareClassSampling(street(), options_of(0.01, 0.01), /*crops=*/false).images()[2], ElementsAre(1, 3));
  EXPECT_THAT(RareClassSampling(street(), options_of(0.01, 0.0101), false).images()[2], ElementsAre(1));
  DataOptions large = options_of(0.01, 0.01);
  large.size = {500, 500};
  EXPECT_THAT(RareClassSampling(street(), large, true).images()[2], ElementsAre(1, 3));  // a frame cannot fill such a crop
  EXPECT_THAT(RareClassSampling(street(), options_of(0.01, 0.0), true).images()[2], ElementsAre(0, 1, 3));
}

TEST(RareClassSampling, LeavesOutClassesThatNoImageHasEnoughOf) {
  const RareClassSampling sampling(street(), options_of(0.5, 0.3), true);  // 750 pixels
  EXPECT_EQ(sampling.probabilities()[2], 0.0);
  EXPECT_NEAR(sampling.probabilities()[1] / sampling.probabilities()[0], std::exp(2 * (0.9 - 0.09)), 1e-12);
  EXPECT_NEAR(sampling.probabilities()[0] + sampling.probabilities()[1], 1.0, 1e-12);
  for (int place = 0; place < 1000; ++place) EXPECT_NE(sampling.draw(seed_of({1, static_cast<std::uint64_t>(place)}), place).wanted->label, 2);
}

TEST(RareClassSampling, RefusesLabelsWithNothingToDraw) {
  for (const LabelStatistics& labels : {statistics_of({{10, 10, 10}}), statistics_of({{0, 0, 0}})}) {
    try {
      RareClassSampling(labels, options_of(0.01, 0.01), true);
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind, ErrorKind::kData);
      EXPECT_THAT(error.what(), HasSubstr("no training image has enough pixels of any class: data.rare_class_share requires 0.01 of a crop's 50x50"));
      EXPECT_THAT(error.hint, HasSubstr("lower data.rare_class_share"));
    }
  }
}

TEST(RareClassSampling, ExpectsTheSharesOfTheFramesItDraws) {
  // Road is drawn for from either image, pole from the second alone: with P = (p, 1 - p) the images weigh p/2 and 1 - p/2.
  const RareClassSampling sampling(statistics_of({{300, 0}, {100, 100}}), options_of(0.5, 0.01), true);
  const double first = sampling.probabilities()[0] / 2, second = 1 - first;
  const double all = 300 * first + 200 * second;
  EXPECT_THAT(sampling.sampled_shares(), ElementsAre(DoubleNear((300 * first + 100 * second) / all, 1e-12), DoubleNear(100 * second / all, 1e-12)));
  EXPECT_THAT(sampling.label_pixels(), ElementsAre(400, 100));
}

TEST(RareClassSampling, IsToldFromAnotherByItsDigest) {
  const auto digest = [](double share) { return RareClassSampling(street(), options_of(0.01, share), true).digest(); };
  EXPECT_EQ(digest(0.01), digest(0.01));
  EXPECT_NE(digest(0.01), digest(0.0));
}

TEST(RareClassSampling, IsNotMadeForUniformSampling) {
  DataOptions options = options_of(0.01, 0.01);
  EXPECT_TRUE(make_sampling(street(), options, true));
  options.sampling = Sampling::kUniform;
  EXPECT_FALSE(make_sampling(street(), options, true));
}

/// Twelve batches of four over three epochs of a set of which image 3 alone holds class 1; `change` is made to the options.
Ids drawn(const std::function<void(LoaderOptions&)>& change, const SampleTransform& transform = augmentation()) {
  LabelStatistics statistics{{{950, 50}, {}, {}}, std::vector<ImageLabels>(16, ImageLabels{96, {{0, 96}}})};
  statistics.by_image[3].counts = {{0, 48}, {1, 48}};
  DataOptions data;
  data.sampling = Sampling::kRareClass;
  data.rare_class_temperature = 1.0;
  LoaderOptions options = training(2);
  options.batch_size = 4;
  options.batches = 12;
  options.sampling = make_sampling(statistics, data, /*crops=*/true);
  change(options);
  DataLoader loader(std::make_shared<const MemoryDataset>(16), transform, options);
  return contents(loader);
}

TEST(RareClassSampling, IsTheSameForEveryNumberOfWorkersAndAfterAResume) {
  const Ids whole = drawn([](LoaderOptions& options) { options.workers = 1; });
  ASSERT_THAT(whole, SizeIs(12));  // an epoch has as many samples as without
  for (const std::int64_t workers : {0, 4}) EXPECT_EQ(drawn([&](LoaderOptions& options) { options.workers = workers; }), whole);
  for (const std::int64_t first : {4, 6}) {  // between two epochs and in the middle of one
    const Ids rest = drawn([&](LoaderOptions& options) {
      options.first_batch = first;
      options.batches = 12 - first;
    });
    EXPECT_EQ(rest, Ids(whole.begin() + first, whole.end()));
  }
  EXPECT_NE(Ids(whole.begin(), whole.begin() + 4), Ids(whole.begin() + 4, whole.begin() + 8));
}

TEST(RareClassSampling, GivesEachOfTwoRanksItsPartOfWhatOneProcessHas) {
  // One sample a batch and part, so that each has a digest of its own.
  const Ids whole = drawn([](LoaderOptions& options) {
    options.batch_size = 1;
    options.batches = 32;
  });
  for (const std::int64_t part : {0, 1}) {
    const Ids own = drawn([&](LoaderOptions& options) {
      options.batch_size = options.parts = 2;
      options.part = part;
      options.batches = 16;
    });
    for (std::size_t i = 0; i < 16; ++i) EXPECT_EQ(own[i], whole[2 * i + static_cast<std::size_t>(part)]);
  }
}

TEST(RareClassSampling, AnImageThatIsDrawnTwiceInAnEpochIsTransformedByAnotherSeed) {
  const auto with_seed = [](Sample sample, std::uint64_t seed) {
    sample.id += "=" + std::to_string(seed);
    return sample;
  };
  const auto one_by_one = [](LoaderOptions& options) {
    options.batch_size = 1;
    options.batches = 16;
  };
  std::set<std::string> of_rare;
  std::int64_t times = 0;
  for (const std::string& one : drawn(one_by_one, with_seed)) {
    if (!one.starts_with("set/3=")) continue;
    of_rare.insert(one);
    ++times;
  }
  EXPECT_GT(times, 3);
  EXPECT_EQ(std::ssize(of_rare), times);
}

}  // namespace
}  // namespace seg
