#include "core/state.hpp"

#include <gmock/gmock.h>

namespace seg {
namespace {

TEST(State, APrefixIsPutInFrontAndTakenAway) {
  const torch::Tensor tensor = torch::ones({2});
  const State all{{"loss.a", tensor}, {"losses", tensor}, {"model.a", tensor}};
  const State part = without_prefix(all, "loss.");
  ASSERT_EQ(part.size(), 1u);
  EXPECT_EQ(part.at("a").data_ptr(), tensor.data_ptr());
  EXPECT_TRUE(with_prefix(part, "loss.").contains("loss.a"));
  EXPECT_TRUE(without_prefix(all, "ema.").empty());
}

}  // namespace
}  // namespace seg
