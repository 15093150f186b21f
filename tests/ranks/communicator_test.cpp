#include "ranks/communicator.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "base/error.hpp"
#include "support/ranks.hpp"

namespace seg {
namespace {

TEST(CommunicatorTest, OneProcessLeavesAllAsItIs) {
  const Communicator one;
  const torch::Tensor values = torch::tensor({1.0, 2.0});
  one.sum(values);
  one.broadcast(values);
  one.start_sum(values)();
  EXPECT_TRUE(torch::equal(values, torch::tensor({1.0, 2.0})));
  EXPECT_EQ(one.gather("text"), std::vector<std::string>{"text"});
  EXPECT_EQ(one.broadcast("text"), "text");
  EXPECT_NO_THROW(one.require_equal("configuration", "a"));
  EXPECT_TRUE(one.is_first());
  EXPECT_FALSE(one.group("other").several());
}

TEST(CommunicatorTest, OneProcessWaitsForItsDeviceAsLongAsItTakes) {
  int asked = 0;
  Communicator().wait_until([&] { return ++asked == 3; });
  EXPECT_EQ(asked, 3);
}

TEST(CommunicatorTest, ADeviceThatWaitsForALostRankEndsTheRun) {
  const auto body = [](const Communicator& ranks) {
    ranks.wait_until([] { return true; });
    if (!ranks.is_first()) ranks.wait_until([] { return false; });
  };
  try {
    run_ranks(2, body, /*timeout_s=*/1.0);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kRanks);
    EXPECT_NE(std::string(error.what()).find("rank 0"), std::string::npos) << error.what();
  }
}

TEST(CommunicatorTest, RanksAddUpBroadcastAndGather) {
  run_ranks(3, [](const Communicator& ranks) {
    const auto own = static_cast<double>(ranks.rank());
    for (const torch::ScalarType type : {torch::kFloat, torch::kDouble, torch::kInt64, torch::kUInt8}) {
      const torch::Tensor values = torch::full({2, 5}, own + 1, type);
      ranks.sum(values);
      EXPECT_TRUE(torch::equal(values, torch::full({2, 5}, 6, type))) << type;
    }
    const torch::Tensor first = torch::full({4}, own);
    ranks.broadcast(first);
    EXPECT_TRUE(torch::equal(first, torch::zeros({4})));
    EXPECT_EQ(ranks.broadcast("of " + std::to_string(ranks.rank())), "of 0");
    const std::string texts[] = {"", "one", "number two"};
    EXPECT_EQ(ranks.gather(texts[ranks.rank()]), (std::vector<std::string>{"", "one", "number two"}));
    EXPECT_EQ(ranks.gather(""), (std::vector<std::string>(3, "")));
  });
}

TEST(CommunicatorTest, GroupsOverlapInAnyOrder) {
  run_ranks(2, [](const Communicator& ranks) {
    const Communicator other = ranks.group("other");
    const torch::Tensor large = torch::ones({100000}), small = torch::ones({2});
    const auto waiting = other.start_sum(large);
    ranks.sum(small);
    waiting();
    EXPECT_EQ(large.sum().item<double>(), 200000.0);
    EXPECT_EQ(small.sum().item<double>(), 4.0);
  });
}

TEST(CommunicatorTest, SumsHaveTheSameBitsOnAllRanks) {
  run_ranks(3, [](const Communicator& ranks) {
    const torch::Tensor values = torch::arange(1000, torch::kFloat).mul(0.1 * static_cast<double>(ranks.rank() + 1)).sin();
    ranks.sum(values);
    const std::string bytes(static_cast<const char*>(values.data_ptr()), values.nbytes());
    EXPECT_NO_THROW(ranks.require_equal("sum", bytes));
  });
}

TEST(CommunicatorTest, SaysWhatDiffers) {
  run_ranks(2, [](const Communicator& ranks) {
    const std::string text = std::string("loss: ce\nlr: ") + (ranks.is_first() ? "0.1" : "0.2") + "\n";
    try {
      ranks.require_equal("configuration", text);
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind, ErrorKind::kConfiguration);
      EXPECT_STREQ(error.what(), "rank 1 has another configuration than rank 0: 'lr: 0.2', not 'lr: 0.1'");
    }
  });
}

TEST(CommunicatorTest, ALostRankIsNamedWithWhatItWasDoing) {
  run_ranks(3, [](const Communicator& ranks) {
    ranks.doing("step " + std::to_string(10 * ranks.rank()));
    ranks.barrier();
    if (ranks.rank() == 1) {
      std::this_thread::sleep_for(std::chrono::milliseconds(700));  // until it has told what it does
      return;                                                       // gone
    }
    try {
      ranks.sum(torch::ones({4}));
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind, ErrorKind::kRanks);
      EXPECT_TRUE(std::string(error.what()).starts_with("rank 1 is lost; it was last at step 10 (")) << error.what();
    }
  });
}

TEST(CommunicatorTest, AStuckRankIsNamedAfterTheTimeout) {
  std::atomic<bool> told = false;
  run_ranks(
      2,
      [&](const Communicator& ranks) {
        if (ranks.rank() == 1) {
          ranks.doing("step 5");
          while (!told) std::this_thread::sleep_for(std::chrono::milliseconds(10));
          return;
        }
        try {
          ranks.sum(torch::ones({4}));
          ADD_FAILURE();
        } catch (const Error& error) {
          EXPECT_TRUE(std::string(error.what()).starts_with("rank 1 is alive, but does not reach its next call with the others; it is at step 5"))
              << error.what();
        }
        told = true;
      },
      2.0);
}

TEST(CommunicatorTest, NobodyThereIsAnError) {
  Launch launch{.rank = 1, .world_size = 2, .local_rank = 1, .local_size = 2, .address = "127.0.0.1", .port = free_port()};
  try {
    Communicator(launch, 1.0);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kRanks);
    EXPECT_NE(std::string(error.what()).find("cannot reach rank 0"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace seg
