#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <mutex>
#include <set>
#include <thread>

namespace seg {
namespace {

// at::parallel_for is compiled into our code: without OpenMP it calls its function once, in one thread, and all is right but slow.
TEST(Threads, TakePartsOfALoop) {
  if (std::thread::hardware_concurrency() < 2) GTEST_SKIP() << "one core";
  const int before = at::get_num_threads();
  at::set_num_threads(2);
  std::mutex adding;
  std::set<std::thread::id> threads;
  at::parallel_for(0, 2, 1, [&](std::int64_t, std::int64_t) {
    const std::lock_guard lock(adding);
    threads.insert(std::this_thread::get_id());
  });
  at::set_num_threads(before);
  EXPECT_EQ(threads.size(), 2U);
}

}  // namespace
}  // namespace seg
