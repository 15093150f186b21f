#include "data/cache/disk_cache.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "base/error.hpp"
#include "data/same.hpp"
#include "support/support.hpp"

namespace seg {
namespace {

namespace fs = std::filesystem;
using test::same;

constexpr std::uint64_t kLimit = 1u << 30;
const std::string kIdentity(32, 'a');

CacheKey key_of(int i) {
  std::string name = std::to_string(i);
  name.insert(0, 32 - name.size(), '0');
  return {name, std::string(32, 'v')};
}

/// Every pixel tells which sample it belongs to.
Sample sample_of(int i, int rows = 33, int cols = 21) {
  Sample sample;
  sample.image.create(rows, cols, CV_8UC3);
  sample.labels.create(rows + 2, cols, CV_8UC1);
  for (std::size_t n = 0; n < sample.image.total() * 3; ++n)
    sample.image.data[n] = static_cast<std::uint8_t>((n * 7 + static_cast<std::size_t>(i) * 31) % 253);
  for (std::size_t n = 0; n < sample.labels.total(); ++n) sample.labels.data[n] = static_cast<std::uint8_t>((n + static_cast<std::size_t>(i)) % 19);
  return sample;
}

struct DiskCacheFile : testing::Test {
  std::unique_ptr<DiskCache> open(std::uint64_t limit = kLimit) const { return std::make_unique<DiskCache>(folder.path(), kIdentity, limit); }
  fs::path file() const { return folder / (kIdentity + ".samples"); }
  void fill(int count) const {
    const auto cache = open();
    for (int i = 0; i < count; ++i) cache->keep(key_of(i), sample_of(i));
  }
  /// How many of `count` samples are there; a wrong pixel fails the test.
  int intact(DiskCache& cache, int count) const {
    int found = 0;
    for (int i = 0; i < count; ++i) {
      const auto sample = cache.find(key_of(i));
      if (!sample) continue;
      EXPECT_TRUE(same(*sample, sample_of(i))) << "sample " << i;
      ++found;
    }
    return found;
  }
  std::string bytes_at(std::uint64_t offset, std::size_t count) const {
    std::ifstream stream(file(), std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(offset));
    std::string bytes(count, '\0');
    stream.read(bytes.data(), static_cast<std::streamsize>(count));
    return bytes;
  }
  void flip(std::uint64_t offset) const {
    const char damaged = static_cast<char>(bytes_at(offset, 1)[0] ^ 0x10);
    std::fstream stream(file(), std::ios::binary | std::ios::in | std::ios::out);
    stream.seekp(static_cast<std::streamoff>(offset));
    stream.put(damaged);
  }

  test::TemporaryFolder folder;
};

TEST_F(DiskCacheFile, GivesALaterRunWhatWasKept) {
  fill(5);
  const auto cache = open();
  EXPECT_EQ(intact(*cache, 6), 5);
}

TEST_F(DiskCacheFile, KeepsSamplesWithoutLabels) {
  Sample sample = sample_of(0);
  sample.labels.release();
  open()->keep(key_of(0), sample);
  EXPECT_TRUE(open()->find(key_of(0))->labels.empty());
}

TEST_F(DiskCacheFile, IsSharedByRunsAtTheSameTime) {
  const auto first = open(), second = open();
  first->keep(key_of(0), sample_of(0));
  second->keep(key_of(1), sample_of(1));
  EXPECT_EQ(intact(*first, 2), 2);
  EXPECT_EQ(intact(*second, 2), 2);
}

TEST_F(DiskCacheFile, KeepsASampleOnceForAllRuns) {
  const auto first = open(), second = open();
  first->keep(key_of(0), sample_of(0));
  const std::string header = bytes_at(0, 96);
  second->keep(key_of(0), sample_of(0));
  EXPECT_EQ(bytes_at(0, 96), header);
}

TEST_F(DiskCacheFile, TakesManyThreadsOfTwoRuns) {
  const auto first = open(), second = open();
  const auto work = [&](DiskCache& cache, int start) {
    for (int step = 0; step < 40; ++step) {
      const int i = (start + step) % 40;
      if (!cache.find(key_of(i))) cache.keep(key_of(i), sample_of(i));
      EXPECT_TRUE(same(cache.find(key_of(i)).value(), sample_of(i)));
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) threads.emplace_back([&, t] { work(t % 2 == 0 ? *first : *second, 10 * t); });
  }
  EXPECT_EQ(intact(*open(), 40), 40);
}

TEST_F(DiskCacheFile, ANewVersionTakesThePlaceOfTheOld) {
  const auto cache = open();
  cache->keep(key_of(0), sample_of(0));
  const CacheKey changed{key_of(0).entry, std::string(32, 'w')};
  EXPECT_FALSE(cache->find(changed));
  cache->keep(changed, sample_of(7));
  EXPECT_TRUE(same(cache->find(changed).value(), sample_of(7)));
  EXPECT_FALSE(open()->find(key_of(0)));
}

TEST_F(DiskCacheFile, AViewStaysGoodWhileOthersAreKept) {
  const auto cache = open();
  cache->keep(key_of(0), sample_of(0));
  const auto view = cache->find(key_of(0));
  for (int i = 1; i < 30; ++i) cache->keep(key_of(i), sample_of(i, 500, 500));
  EXPECT_TRUE(same(*view, sample_of(0)));
}

TEST_F(DiskCacheFile, DecodesADamagedSampleAgainAndKeepsItAgain) {
  fill(3);
  constexpr std::uint64_t kGrowth = 16u << 20;  // so much before the end of the file the first payload starts
  const std::uint64_t payloads = fs::file_size(file()) - kGrowth;
  constexpr std::uint64_t kFirstPayload = 2112 + 768;  // 33 * 21 * 3 and 35 * 21 bytes, each rounded up to 64
  flip(payloads + kFirstPayload + 5);
  const auto cache = open();
  EXPECT_EQ(intact(*cache, 3), 2);
  cache->keep(key_of(1), sample_of(1));
  EXPECT_EQ(intact(*cache, 3), 3);
  EXPECT_EQ(intact(*open(), 3), 3);
}

TEST_F(DiskCacheFile, GivesNoWrongPixelWhateverByteOfHeaderOrIndexIsDamaged) {
  constexpr std::uint64_t kHeader = 96, kIndex = 4096;
  spdlog::set_level(spdlog::level::err);                                       // a warning each time
  for (std::uint64_t n = 0; n < kHeader + sizeof(DiskCache::Entry); n += 3) {  // each field
    fs::remove(file());
    fill(3);
    const std::uint64_t offset = n < kHeader ? n : kIndex + sizeof(DiskCache::Entry) + n - kHeader;
    flip(offset);
    const auto cache = open();
    intact(*cache, 3);
    for (int i = 0; i < 3; ++i) cache->keep(key_of(i), sample_of(i));
    EXPECT_EQ(intact(*cache, 3), 3) << "byte " << offset;
  }
  spdlog::set_level(spdlog::level::info);
}

TEST_F(DiskCacheFile, SurvivesTruncation) {
  fill(3);
  const std::uint64_t whole = fs::file_size(file());
  for (const std::uint64_t kept : {whole - 1, whole / 2, std::uint64_t{4096 + 200}, std::uint64_t{95}, std::uint64_t{0}}) {
    fs::resize_file(file(), kept);
    const auto cache = open();
    intact(*cache, 3);
    for (int i = 0; i < 3; ++i) cache->keep(key_of(i), sample_of(i));
    EXPECT_EQ(intact(*cache, 3), 3) << "cut to " << kept;
  }
}

TEST_F(DiskCacheFile, NoticesTruncationWhileItIsOpen) {
  fill(3);
  const auto cache = open();
  fs::resize_file(file(), 4096);
  EXPECT_EQ(intact(*cache, 3), 0);
}

TEST_F(DiskCacheFile, SurvivesKillAtAnyMoment) {
  int kept = 0;
  for (int round = 0; round < 8; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      const auto cache = open();
      for (int i = 0;; i = (i + 1) % 400) {
        if (!cache->find(key_of(i))) cache->keep(key_of(i), sample_of(i, 90, 90));
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(3 + 5 * round));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    const auto cache = open();
    for (int i = 0; i < 400; ++i) {
      const auto sample = cache->find(key_of(i));
      if (sample) ++kept;
      ASSERT_TRUE(!sample || same(*sample, sample_of(i, 90, 90))) << "sample " << i;
    }
    cache->keep(key_of(1000 + round), sample_of(round));
    EXPECT_TRUE(same(cache->find(key_of(1000 + round)).value(), sample_of(round)));
  }
  EXPECT_GT(kept, 0);
}

TEST_F(DiskCacheFile, GoesOnWhenTheDiskIsFull) {
  const auto cache = open();
  cache->keep(key_of(0), sample_of(0));
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  const auto action = signal(SIGXFSZ, SIG_IGN);
  const rlimit now{fs::file_size(file()), old.rlim_max};
  setrlimit(RLIMIT_FSIZE, &now);
  for (int i = 1; i < 20; ++i) cache->keep(key_of(i), sample_of(i, 600, 600));  // more than the file grows by at a time
  setrlimit(RLIMIT_FSIZE, &old);
  signal(SIGXFSZ, action);
  EXPECT_TRUE(same(cache->find(key_of(0)).value(), sample_of(0)));
  EXPECT_TRUE(same(cache->find(key_of(1)).value(), sample_of(1, 600, 600)));
  EXPECT_FALSE(cache->find(key_of(19)));
}

TEST_F(DiskCacheFile, StaysWithinItsLimit) {
  constexpr std::uint64_t kSmall = 3'000'000;
  const auto cache = open(kSmall);
  for (int i = 0; i < 10; ++i) cache->keep(key_of(i), sample_of(i, 500, 500));  // 1 MB each
  EXPECT_TRUE(cache->find(key_of(1)));
  EXPECT_FALSE(cache->find(key_of(3)));
  struct stat status {};
  ASSERT_EQ(stat(file().c_str(), &status), 0);
  constexpr std::uint64_t kIndex = 16384;  // it comes on top
  EXPECT_LE(static_cast<std::uint64_t>(status.st_blocks) * 512, kSmall + kIndex);
}

TEST_F(DiskCacheFile, StartsAnewWhereItIsFullOfOutdatedSamples) {
  constexpr std::uint64_t kSmall = 3'000'000;
  {
    const auto cache = open(kSmall);
    for (int i = 0; i < 2; ++i) cache->keep(key_of(i), sample_of(i, 500, 500));
    for (int i = 0; i < 2; ++i) {
      const CacheKey changed{key_of(i).entry, std::string(32, 'w')};
      if (!cache->find(changed)) cache->keep(changed, sample_of(i, 500, 500));
    }
  }
  const auto cache = open(kSmall);
  cache->keep(key_of(5), sample_of(5, 500, 500));
  EXPECT_TRUE(cache->find(key_of(5)));
}

TEST_F(DiskCacheFile, RemovesFilesThatNoRunUsesToStayWithinTheLimit) {
  constexpr std::uint64_t kSmall = 3'000'000;
  DiskCache(folder.path(), std::string(32, 'b'), kSmall).keep(key_of(0), sample_of(0, 700, 700));
  const DiskCache in_use(folder.path(), std::string(32, 'c'), kSmall);
  const auto cache = open(kSmall);
  cache->keep(key_of(0), sample_of(0, 700, 700));
  EXPECT_TRUE(cache->find(key_of(0)));
  EXPECT_FALSE(fs::exists(folder / (std::string(32, 'b') + ".samples")));
  EXPECT_TRUE(fs::exists(in_use.file()));
}

TEST_F(DiskCacheFile, IsARightlyReportedErrorWhereItCannotBe) {
  test::write_text(folder / "file", "in the way");
  try {
    DiskCache(folder / "file/cache", kIdentity, kLimit);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kStorage);
  }
}

}  // namespace
}  // namespace seg
