#include "optim/optimizer.hpp"

#include <gmock/gmock.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/conv.h>
#include <torch/optim.h>

#include <optional>

#include "base/error.hpp"

namespace seg {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

/// Two parameters of fixed pseudo-random values.
std::vector<torch::Tensor> make_parameters() {
  torch::manual_seed(3);
  return {torch::randn({4, 3}).requires_grad_(true), torch::randn({5}).requires_grad_(true)};
}

ParameterGroup make_group(const std::vector<torch::Tensor>& parameters, double weight_decay) {
  return {.names = {"a", "b"}, .parameters = parameters, .lr_scale = 1.0, .weight_decay = weight_decay};
}

void set_gradients(const std::vector<torch::Tensor>& parameters, int step) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    torch::manual_seed(100 * step + static_cast<int>(i));
    parameters[i].mutable_grad() = torch::randn_like(parameters[i].detach());
  }
}

void make_step(Optimizer& optimizer, double learning_rate, bool kept = true) {
  optimizer.step(torch::full({}, learning_rate, torch::kDouble), torch::full({}, kept, torch::kBool));
}

/// Steps both over the same gradients and compares every parameter, to the last bits.
void expect_equal_steps(const OptimizerOptions& options,
                        const std::function<std::unique_ptr<torch::optim::Optimizer>(std::vector<torch::Tensor>)>& make) {
  const auto ours = make_parameters();
  const auto theirs = make_parameters();
  Optimizer optimizer(options, {make_group(ours, options.weight_decay)});
  const auto reference = make(theirs);
  for (int step = 0; step < 7; ++step) {
    set_gradients(ours, step);
    set_gradients(theirs, step);
    if (step == 3) ours[1].mutable_grad().reset(), theirs[1].mutable_grad().reset();  // a parameter that took no part
    make_step(optimizer, 0.01);
    reference->step();
    for (std::size_t i = 0; i < ours.size(); ++i)
      ASSERT_TRUE(torch::allclose(ours[i], theirs[i], 1e-5, 1e-6)) << "step " << step << ", parameter " << i;
  }
}

OptimizerOptions options_of(const std::string& type, double weight_decay) {
  OptimizerOptions options;
  options.type = config::value_of(type, kOptimizerTypes);
  options.weight_decay = weight_decay;
  return options;
}

TEST(Adam, EqualsTorch) {
  for (const double decay : {0.0, 0.1}) {
    expect_equal_steps(options_of("adam", decay), [&](auto parameters) {
      return std::make_unique<torch::optim::Adam>(parameters, torch::optim::AdamOptions(0.01).weight_decay(decay));
    });
  }
}

TEST(Adam, TakesItsOptions) {
  OptimizerOptions options = options_of("adam", 0.0);
  options.adam = {.beta1 = 0.5, .beta2 = 0.7, .eps = 1e-3};
  expect_equal_steps(options, [](auto parameters) {
    return std::make_unique<torch::optim::Adam>(parameters, torch::optim::AdamOptions(0.01).betas({0.5, 0.7}).eps(1e-3));
  });
}

TEST(AdamW, EqualsTorch) {
  for (const double decay : {0.0, 0.1}) {
    expect_equal_steps(options_of("adamw", decay), [&](auto parameters) {
      return std::make_unique<torch::optim::AdamW>(parameters, torch::optim::AdamWOptions(0.01).weight_decay(decay));
    });
  }
}

TEST(Sgd, EqualsTorch) {
  for (const double momentum : {0.0, 0.9}) {
    for (const bool nesterov : {false, true}) {
      if (nesterov && momentum == 0.0) continue;
      OptimizerOptions options = options_of("sgd", 0.05);
      options.sgd = {.momentum = momentum, .nesterov = nesterov};
      expect_equal_steps(options, [&](auto parameters) {
        return std::make_unique<torch::optim::SGD>(parameters,
                                                   torch::optim::SGDOptions(0.01).momentum(momentum).nesterov(nesterov).weight_decay(0.05));
      });
    }
  }
}

TEST(Sgd, RefusesNesterovWithoutMomentum) {
  OptimizerOptions options = options_of("sgd", 0.0);
  options.sgd = {.momentum = 0.0, .nesterov = true};
  EXPECT_THROW(Optimizer(options, {}), Error);
}

TEST(Adam, FirstStepByHand) {
  // m / (1 - b1) = g and sqrt(v / (1 - b2)) = |g|: the first step is lr * sign(g).
  const auto parameter = torch::tensor({1.0f, 1.0f}).requires_grad_(true);
  parameter.mutable_grad() = torch::tensor({4.0f, -0.25f});
  Optimizer optimizer(options_of("adam", 0.0), {{.names = {"p"}, .parameters = {parameter}}});
  make_step(optimizer, 0.125);
  EXPECT_TRUE(torch::allclose(parameter, torch::tensor({0.875f, 1.125f}), 0.0, 1e-6));
}

TEST(Optimizer, ScalesTheRateOfAGroup) {
  const auto parameter = torch::ones({1}).requires_grad_(true);
  parameter.mutable_grad() = torch::ones({1});
  OptimizerOptions options = options_of("sgd", 0.0);
  options.sgd.momentum = 0.0;
  Optimizer optimizer(options, {{.names = {"p"}, .parameters = {parameter}, .lr_scale = 0.5}});
  make_step(optimizer, 0.25);
  EXPECT_EQ(parameter.item<float>(), 0.875f);
}

class EveryOptimizer : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Registry, EveryOptimizer, ::testing::ValuesIn(config::texts_of(kOptimizerTypes)));

TEST_P(EveryOptimizer, ContinuesBitForBitFromItsState) {
  const OptimizerOptions options = options_of(GetParam(), 0.01);
  const auto straight = make_parameters();
  Optimizer first(options, {make_group(straight, 0.01)});
  for (int step = 0; step < 3; ++step) set_gradients(straight, step), make_step(first, 0.01);

  std::vector<torch::Tensor> resumed;
  for (const auto& parameter : straight) resumed.push_back(parameter.detach().clone().requires_grad_(true));
  State saved;
  for (const auto& [name, tensor] : first.state()) saved[name] = tensor.clone();
  Optimizer second(options, {make_group(resumed, 0.01)});
  second.load(saved);

  for (int step = 3; step < 6; ++step) {
    set_gradients(straight, step), make_step(first, 0.01);
    set_gradients(resumed, step), make_step(second, 0.01);
  }
  for (std::size_t i = 0; i < straight.size(); ++i) EXPECT_TRUE(torch::equal(straight[i], resumed[i]));
  for (const auto& [name, tensor] : first.state()) EXPECT_TRUE(torch::equal(tensor, second.state().at(name))) << name;
}

TEST_P(EveryOptimizer, DescendsAParabola) {
  OptimizerOptions options = options_of(GetParam(), 0.0);
  const auto parameter = torch::full({3}, 2.0f).requires_grad_(true);
  Optimizer optimizer(options, {{.names = {"p"}, .parameters = {parameter}}});
  for (int step = 0; step < 200; ++step) {
    parameter.mutable_grad() = 2 * parameter.detach();
    make_step(optimizer, 0.03);
  }
  EXPECT_LT(parameter.abs().max().item<float>(), 0.1f);
}

TEST_P(EveryOptimizer, AStepThatIsNotKeptChangesNothing) {
  const auto parameters = make_parameters();
  Optimizer optimizer(options_of(GetParam(), 0.1), {make_group(parameters, 0.1)});
  set_gradients(parameters, 0);
  make_step(optimizer, 0.01);
  const torch::Tensor weights = parameters[0].detach().clone();
  State before;
  for (const auto& [name, tensor] : optimizer.state()) before[name] = tensor.clone();
  make_step(optimizer, 0.01, /*kept=*/false);
  EXPECT_TRUE(parameters[0].equal(weights));
  for (const auto& [name, tensor] : optimizer.state()) EXPECT_TRUE(tensor.equal(before.at(name))) << name;
}

TEST_P(EveryOptimizer, LeavesParametersWithoutGradientAlone) {
  const auto parameters = make_parameters();
  const auto before = make_parameters();
  Optimizer optimizer(options_of(GetParam(), 0.1), {make_group(parameters, 0.1)});
  make_step(optimizer, 1.0);
  for (std::size_t i = 0; i < parameters.size(); ++i) EXPECT_TRUE(torch::equal(parameters[i], before[i]));
}

TEST(OptimizerState, IsNamedAfterTheParameters) {
  Optimizer optimizer(options_of("adam", 0.0), {make_group(make_parameters(), 0.0)});
  std::vector<std::string> names;
  for (const auto& [name, tensor] : optimizer.state()) names.push_back(name);
  EXPECT_THAT(names, UnorderedElementsAre("a.step", "a.exp_avg", "a.exp_avg_sq", "b.step", "b.exp_avg", "b.exp_avg_sq"));
}

/// The error of loading what `spoil` made of a fitting state.
std::string load_error(const std::function<void(State&)>& spoil) {
  Optimizer optimizer(options_of("adam", 0.0), {make_group(make_parameters(), 0.0)});
  State state = optimizer.state();
  spoil(state);
  try {
    optimizer.load(state);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kStorage);
    return error.what();
  }
  return {};
}

TEST(OptimizerState, RefusesWhatDoesNotFit) {
  EXPECT_EQ(load_error([](State&) {}), "");
  EXPECT_EQ(load_error([](State& state) { state.erase("a.exp_avg"); }), "optimiser state: 'a.exp_avg' is missing");
  EXPECT_EQ(load_error([](State& state) { state["c.exp_avg"] = torch::zeros({1}); }), "optimiser state: 'c.exp_avg' is unknown");
  EXPECT_EQ(load_error([](State& state) { state["b.exp_avg"] = torch::zeros({6}); }), "optimiser state: 'b.exp_avg' has another shape or type");
}

/// backbone.{conv,norm}, head (convolution with bias) and a frozen parameter.
struct SmallNet : torch::nn::Module {
  SmallNet() {
    auto backbone = register_module("backbone", std::make_shared<torch::nn::Module>());
    backbone->register_module("conv", torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 4, 3).bias(false)));
    backbone->register_module("norm", torch::nn::BatchNorm2d(4));
    register_module("head", torch::nn::Conv2d(4, 2, 1));
    register_parameter("frozen", torch::ones({2, 2}), false);
  }
};

TEST(Groups, DecayOnlyConvolutionWeightsAndScaleTheBackbone) {
  OptimizerOptions options = options_of("adam", 0.1);
  options.backbone_lr_scale = 0.25;
  std::map<std::string, std::pair<double, double>> found;
  for (const ParameterGroup& group : make_groups(SmallNet(), options)) {
    for (const std::string& name : group.names) found[name] = {group.lr_scale, group.weight_decay};
  }
  const std::map<std::string, std::pair<double, double>> expected = {{"backbone.conv.weight", {0.25, 0.1}},
                                                                     {"backbone.norm.weight", {0.25, 0.0}},
                                                                     {"backbone.norm.bias", {0.25, 0.0}},
                                                                     {"head.weight", {1.0, 0.1}},
                                                                     {"head.bias", {1.0, 0.0}}};
  EXPECT_EQ(found, expected);
}

TEST(Groups, LayersThatWereNotLoadedLearnLikeTheHead) {
  OptimizerOptions options = options_of("adam", 0.1);
  options.backbone_lr_scale = 0.25;
  std::map<std::string, double> scales;
  for (const ParameterGroup& group : make_groups(SmallNet(), options, {"backbone.norm.weight", "backbone.norm.bias"}))
    for (const std::string& name : group.names) scales[name] = group.lr_scale;
  EXPECT_EQ(scales.at("backbone.conv.weight"), 0.25);
  EXPECT_EQ(scales.at("backbone.norm.weight"), 1.0);
  EXPECT_EQ(scales.at("backbone.norm.bias"), 1.0);
}

TEST(Gradients, AreClipped) {
  const auto parameters = make_parameters();
  parameters[0].mutable_grad() = torch::full({4, 3}, 1.0f);  // norm sqrt(12)
  parameters[1].mutable_grad() = torch::tensor({2.0f, 0.0f, 0.0f, 0.0f, 0.0f});
  const std::vector<ParameterGroup> groups = {make_group(parameters, 0.0)};
  EXPECT_FLOAT_EQ(clip_gradients(groups, 0.0).item<float>(), 4.0f);
  EXPECT_FLOAT_EQ(clip_gradients(groups, 5.0).item<float>(), 4.0f);
  EXPECT_EQ(parameters[1].grad()[0].item<float>(), 2.0f);
  EXPECT_FLOAT_EQ(clip_gradients(groups, 1.0).item<float>(), 4.0f);
  EXPECT_FLOAT_EQ(parameters[1].grad()[0].item<float>(), 0.5f);
}

TEST(Gradients, KeepTheirValuesWhereTheNormIsNotFinite) {
  const auto parameters = make_parameters();
  set_gradients(parameters, 0);
  const auto before = parameters[0].grad().clone();
  parameters[1].mutable_grad().fill_(std::numeric_limits<float>::infinity());
  EXPECT_FALSE(std::isfinite(clip_gradients({make_group(parameters, 0.0)}, 1.0).item<float>()));
  EXPECT_TRUE(torch::equal(parameters[0].grad(), before));
}

TEST(Gradients, AreCleared) {
  const auto parameters = make_parameters();
  set_gradients(parameters, 0);
  clear_gradients({make_group(parameters, 0.0)});
  EXPECT_FALSE(parameters[0].grad().defined());
}

}  // namespace
}  // namespace seg
