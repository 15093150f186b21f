#include "data/loader.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "base/random.hpp"
#include "data/loaded.hpp"
#include "data/memory_dataset.hpp"
#include "support/fault.hpp"

namespace seg {
namespace {

using test::augmentation;
using test::contents;
using test::Ids;
using test::MemoryDataset;
using test::training;
using test::unchanged;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

Ids ids_of(DataLoader& loader) {
  Ids ids;
  while (const auto samples = loader.next()) {
    for (const Sample& sample : *samples) ids.push_back(sample.id.substr(4));
  }
  return ids;
}

/// Fails for some indices, each time they are read.
std::function<void(std::int64_t)> broken(std::vector<std::int64_t> indices) {
  return [indices](std::int64_t index) {
    if (std::ranges::count(indices, index) > 0) throw Error(ErrorKind::kData, "broken " + std::to_string(index));
  };
}

template <class Call>
Error error_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  return {ErrorKind::kInternal, "no error"};
}

TEST(Loader, GivesTheSameForEveryNumberOfWorkers) {
  const auto dataset = std::make_shared<const MemoryDataset>(
      11, [](std::int64_t index) { std::this_thread::sleep_for(std::chrono::microseconds(index * 37 % 11 * 100)); });
  const auto with_workers = [&](std::int64_t workers) {
    LoaderOptions options = training(workers);
    options.batches = 10;
    DataLoader loader(dataset, augmentation(), options);
    return contents(loader);
  };
  const Ids one = with_workers(1);
  EXPECT_THAT(one, SizeIs(10));
  EXPECT_EQ(with_workers(2), one);
  EXPECT_EQ(with_workers(5), one);
}

TEST(Loader, ContinuesWhereAnInterruptedRunStopped) {
  const auto dataset = std::make_shared<const MemoryDataset>(10);
  LoaderOptions options = training(3);
  options.batches = 9;
  DataLoader whole(dataset, augmentation(), options);
  const Ids all = contents(whole);
  options.first_batch = 4;
  options.batches = 5;
  DataLoader rest(dataset, augmentation(), options);
  EXPECT_EQ(contents(rest), Ids(all.begin() + 4, all.end()));
}

TEST(Loader, ShufflesEveryEpochAnewAndGivesEachSampleOnce) {
  const auto dataset = std::make_shared<const MemoryDataset>(9);
  LoaderOptions options = training(2);
  options.batches = 6;
  DataLoader loader(dataset, unchanged, options);
  const Ids ids = ids_of(loader);
  const Ids first(ids.begin(), ids.begin() + 9);
  const Ids second(ids.begin() + 9, ids.end());
  EXPECT_NE(first, second);
  EXPECT_THAT(second, testing::UnorderedElementsAreArray(first));
  EXPECT_EQ(std::set<std::string>(first.begin(), first.end()).size(), 9U);
}

TEST(Loader, UniformSamplesAreAFunctionOfSeedEpochAndIndex) {
  const auto dataset = std::make_shared<const MemoryDataset>(9);
  LoaderOptions options = training(2);
  options.batches = 6;
  DataLoader loader(
      dataset,
      [](Sample sample, std::uint64_t seed) {
        EXPECT_FALSE(sample.wanted);
        sample.id += " " + std::to_string(seed);
        return sample;
      },
      options);
  Ids expected;
  for (const std::uint64_t epoch : {0, 1})
    for (const std::int64_t index : Random(seed_of({7, epoch})).permutation(9))
      expected.push_back(std::to_string(index) + " " + std::to_string(seed_of({7, epoch, static_cast<std::uint64_t>(index)})));
  EXPECT_EQ(ids_of(loader), expected);
}

TEST(Loader, KeepsTheIncompleteBatchInEvaluation) {
  const auto dataset = std::make_shared<const MemoryDataset>(5);
  LoaderOptions options;
  options.batch_size = 2;
  DataLoader loader(dataset, unchanged, options);
  EXPECT_THAT(ids_of(loader), ElementsAre("0", "1", "2", "3", "4"));
}

TEST(Loader, DropsTheIncompleteBatchInTraining) {
  const auto dataset = std::make_shared<const MemoryDataset>(8);
  DataLoader loader(dataset, unchanged, training(2));
  EXPECT_THAT(ids_of(loader), SizeIs(6));
}

TEST(Loader, RefusesATrainingSetSmallerThanOneBatch) {
  const auto dataset = std::make_shared<const MemoryDataset>(2);
  const Error error = error_of([&] { DataLoader(dataset, unchanged, training(1)); });
  EXPECT_EQ(error.kind, ErrorKind::kConfiguration);
  EXPECT_THAT(error.hint, HasSubstr("train.batch_size to 2"));
}

TEST(Loader, RefusesAnEmptySet) {
  const auto dataset = std::make_shared<const MemoryDataset>(0);
  EXPECT_EQ(error_of([&] { DataLoader(dataset, unchanged, {}); }).kind, ErrorKind::kData);
}

TEST(Loader, ThrowsAWorkersExceptionWithItsOwnType) {
  test::FaultRow row("loader");
  const auto dataset = std::make_shared<const MemoryDataset>(12, [](std::int64_t index) {
    if (index >= 5) throw std::domain_error("sample " + std::to_string(index));
  });
  for (const std::int64_t workers : {1, 4}) {
    LoaderOptions options;
    options.batch_size = 2;
    options.workers = workers;
    DataLoader loader(dataset, unchanged, options);
    EXPECT_TRUE(loader.next());
    EXPECT_TRUE(loader.next());
    for (int call = 0; call < 2; ++call) {
      try {
        loader.next();
        ADD_FAILURE() << "no exception";
      } catch (const std::domain_error& error) {
        EXPECT_TRUE(row.tried(std::string(error.what()) == "sample 5"));
      }
    }
  }
}

TEST(Loader, StopsReadingAfterAnException) {
  const auto dataset = std::make_shared<const MemoryDataset>(1000, [](std::int64_t) { throw std::domain_error("no"); });
  LoaderOptions options;
  options.workers = 2;
  options.prefetch = 100;
  DataLoader loader(dataset, unchanged, options);
  EXPECT_THROW(loader.next(), std::domain_error);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_LE(dataset->reads, 2);
}

TEST(Loader, ReadsNoFurtherAheadThanPrefetch) {
  const auto dataset = std::make_shared<const MemoryDataset>(60);
  LoaderOptions options;
  options.batch_size = 3;
  options.workers = 5;
  options.prefetch = 2;
  DataLoader loader(dataset, unchanged, options);
  const auto settled = [&](std::int64_t expected) {
    for (int i = 0; i < 2000 && dataset->reads < expected; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    return dataset->reads.load();
  };
  EXPECT_EQ(settled(6), 6);
  loader.next();
  EXPECT_EQ(settled(9), 9);
}

TEST(Loader, MayDieEarly) {
  std::atomic<int> running = 0;
  const auto dataset = std::make_shared<const MemoryDataset>(100, [&](std::int64_t) {
    ++running;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    --running;
  });
  for (int i = 0; i < 10; ++i) {
    DataLoader loader(dataset, unchanged, training(4));
    if (i % 2 == 0) loader.next();
  }
  EXPECT_EQ(running, 0);
}

TEST(Loader, LeavesBrokenSamplesOutInEvaluation) {
  const auto dataset = std::make_shared<const MemoryDataset>(5, broken({0, 1, 3}));
  LoaderOptions options;
  options.batch_size = 2;
  options.workers = 2;
  options.skip_broken = true;
  options.skip_budget = 3;
  DataLoader loader(dataset, unchanged, options);
  EXPECT_THAT(ids_of(loader), ElementsAre("2", "4"));
  EXPECT_THAT(loader.skipped(), ElementsAre("broken 0", "broken 1", "broken 3"));
}

TEST(Loader, ReplacesBrokenSamplesInTrainingByTheNextInOrder) {
  const auto dataset = std::make_shared<const MemoryDataset>(6, broken({2, 5}));
  LoaderOptions options = training(3);
  options.shuffle = false;
  options.skip_broken = true;
  options.skip_budget = 2;
  DataLoader loader(dataset, unchanged, options);
  EXPECT_THAT(ids_of(loader), ElementsAre("0", "1", "3", "3", "4", "0"));
}

TEST(Loader, CountsABrokenFileOnceOverAllEpochs) {
  const auto dataset = std::make_shared<const MemoryDataset>(6, broken({2}));
  LoaderOptions options = training(2);
  options.skip_broken = true;
  options.skip_budget = 1;
  options.batches = 10;
  DataLoader loader(dataset, unchanged, options);
  EXPECT_THAT(ids_of(loader), SizeIs(30));
  EXPECT_THAT(loader.skipped(), SizeIs(1));
}

TEST(Loader, EndsTheRunBeyondTheBudget) {
  const auto dataset = std::make_shared<const MemoryDataset>(8, broken({3, 5}));
  LoaderOptions options;
  options.workers = 4;
  options.skip_broken = true;
  options.skip_budget = 1;
  DataLoader loader(dataset, unchanged, options);
  for (int good = 0; good < 4; ++good) EXPECT_TRUE(loader.next());
  const Error error = error_of([&] { loader.next(); });
  EXPECT_EQ(error.kind, ErrorKind::kData);
  EXPECT_STREQ(error.what(), "more than 1 broken files: broken 3; broken 5");
}

TEST(Loader, EndsTheRunWhereEveryTrainingSampleIsBroken) {
  const auto dataset = std::make_shared<const MemoryDataset>(3, broken({0, 1, 2}));
  LoaderOptions options = training(2);
  options.skip_broken = true;
  options.skip_budget = 100;
  DataLoader loader(dataset, unchanged, options);
  EXPECT_EQ(error_of([&] { loader.next(); }).kind, ErrorKind::kData);
}

TEST(Loader, ThrowsForABrokenSampleUnlessToldToSkip) {
  const auto dataset = std::make_shared<const MemoryDataset>(3, broken({1}));
  DataLoader loader(dataset, unchanged, {});
  EXPECT_TRUE(loader.next());
  EXPECT_STREQ(error_of([&] { loader.next(); }).what(), "broken 1");
}

TEST(Loader, NamesTheSampleThatIsStuckAndDoesNotWaitForIt) {
  test::FaultRow row("loader");
  for (const std::int64_t workers : {1, 3}) {
    std::promise<void> released;
    auto dataset = std::make_shared<const MemoryDataset>(12, [release = released.get_future().share()](std::int64_t index) {
      if (index == 5) release.wait();
    });
    const std::weak_ptr<const MemoryDataset> left_behind = dataset;
    const auto begin = std::chrono::steady_clock::now();
    {
      DataLoader loader(std::move(dataset), unchanged, {.batch_size = 4, .workers = workers, .timeout_s = 0.2});
      ASSERT_TRUE(loader.next());
      for (int again = 0; again < 2; ++again) {
        try {
          loader.next();
          FAIL();
        } catch (const Error& error) {
          EXPECT_TRUE(row.tried(error.kind == ErrorKind::kData && std::string(error.what()).starts_with("set/5: "))) << error.what();
        }
      }
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
    // The worker may still read the data set: it is there until that worker has come back, and no longer.
    EXPECT_FALSE(left_behind.expired());
    released.set_value();
    for (int i = 0; i < 2000 && !left_behind.expired(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_TRUE(left_behind.expired());
  }
}

TEST(Loader, ASlowDiskIsNoFault) {
  test::FaultRow row("loader");
  // Each sample takes less than the limit, a batch far more.
  const auto dataset = std::make_shared<const MemoryDataset>(8, [](std::int64_t) { std::this_thread::sleep_for(std::chrono::milliseconds(100)); });
  DataLoader loader(dataset, unchanged, {.batch_size = 8, .workers = 1, .timeout_s = 0.5});
  EXPECT_TRUE(row.tried(loader.next().has_value()));
}

}  // namespace
}  // namespace seg
