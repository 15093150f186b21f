#include "optim/ema.hpp"

#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include <memory>

#include "base/error.hpp"
#include "support/tensor_bytes.hpp"

namespace seg {
namespace {

const torch::Tensor kKept = torch::ones({}, torch::kBool);

struct Net : torch::nn::Module {
  Net() {
    weight = register_parameter("weight", torch::zeros({2}));
    mean = register_buffer("mean", torch::zeros({1}));
    count = register_buffer("count", torch::zeros({}, torch::kInt64));
  }
  void set(float value) {
    const torch::NoGradGuard no_grad;
    weight.fill_(value);
    mean.fill_(value);
    count.fill_(static_cast<std::int64_t>(value));
  }
  torch::Tensor weight, mean, count;
};

TEST(Ema, FollowsItsEquation) {
  Net net;
  Ema ema(net, 0.25);
  net.set(8.0f);
  ema.update(kKept);  // d = min(1/4, 2/11) = 2/11
  EXPECT_FLOAT_EQ(ema.state().at("weight")[0].item<float>(), 8.0f * 9.0f / 11.0f);
  ema.update(kKept);  // d = min(1/4, 3/12)
  EXPECT_FLOAT_EQ(ema.state().at("mean").item<float>(), 8.0f * (1.0f - 0.25f * 2.0f / 11.0f));
}

TEST(Ema, LeavesOutAStepThatIsNotKept) {
  Net net;
  Ema ema(net, 0.9);
  net.set(2.0f);
  ema.update(kKept);
  State before;
  for (const auto& [name, tensor] : ema.state()) before[name] = tensor.clone();
  net.set(9.0f);
  ema.update(kKept.logical_not());
  for (const auto& [name, tensor] : ema.state()) EXPECT_TRUE(tensor.equal(before.at(name))) << name;
  EXPECT_EQ(ema.state().at("ema_updates").item<int>(), 1);
}

TEST(Ema, CopiesIntegerBuffers) {
  Net net;
  Ema ema(net, 0.9);
  net.set(5.0f);
  ema.update(kKept);
  EXPECT_EQ(ema.state().at("count").item<std::int64_t>(), 5);
}

TEST(Ema, LendsItsAveragesToTheModelForAScope) {
  Net net;
  Ema ema(net, 0.0);
  net.set(1.0f);
  ema.update(kKept);
  net.set(3.0f);
  {
    const AveragedWeights scope(ema);
    EXPECT_EQ(net.weight[0].item<float>(), 1.0f);
    EXPECT_EQ(net.count.item<std::int64_t>(), 1);
    EXPECT_THROW(ema.state(), Error);
    EXPECT_THROW(ema.update(kKept), Error);
  }
  EXPECT_EQ(net.weight[0].item<float>(), 3.0f);
  EXPECT_EQ(ema.state().at("weight")[0].item<float>(), 1.0f);
}

TEST(Ema, GivesTheModelItsOwnValuesBackWithoutTakingMemory) {
  Net net;
  Ema ema(net, 0.5);
  auto scope = std::make_unique<AveragedWeights>(ema);
  EXPECT_EQ(test::peak_tensor_bytes([&] { scope.reset(); }), 0);
  EXPECT_GT(test::peak_tensor_bytes([&] { net.weight.clone(); }), 0);  // else nothing is counted
}

TEST(Ema, ContinuesBitForBitFromItsState) {
  Net net;
  Ema first(net, 0.99);
  Ema second(net, 0.99);
  for (const float value : {0.1f, 0.7f}) net.set(value), first.update(kKept);
  second.load(first.state());
  net.set(0.3f);
  first.update(kKept);
  second.update(kKept);
  for (const auto& [name, tensor] : first.state()) EXPECT_TRUE(torch::equal(tensor, second.state().at(name))) << name;
}

TEST(Ema, RefusesAStateOfAnotherModel) {
  Net net;
  Ema ema(net, 0.9);
  State state = ema.state();
  state["weight"] = torch::zeros({3});
  EXPECT_THROW(ema.load(state), Error);
}

}  // namespace
}  // namespace seg
