// The kernels as operators of LibTorch: what its dispatcher knows of them.
#include "ops/operators.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "ops/batch_norm.hpp"
#include "ops/class_sums.hpp"
#include "ops/depthwise_conv.hpp"
#include "ops/drop_out.hpp"
#include "ops/normalize.hpp"
#include "ops/resize.hpp"
#include "ops/upsample.hpp"
#include "support/sums_shapes.hpp"

namespace seg {
namespace {

using Tensors = std::vector<torch::Tensor>;

/// An operation and arguments for it on the CPU.
struct Case {
  const char* name;
  Tensors arguments;
  std::function<Tensors(const Tensors&)> call;
};

Tensors sums_of(const Tensors& t) {
  const ClassSums sums = class_sums(t[0], t[1], false, Regions::kYes);
  return {sums.cross_entropy, sums.pixels, sums.false_negatives, sums.predicted, sums.probability, sums.true_probability};
}

std::vector<Case> cases() {
  torch::manual_seed(3);
  const auto last = [](const torch::Tensor& x) { return x.contiguous(at::MemoryFormat::ChannelsLast); };
  const torch::Tensor x = last(torch::randn({2, 5, 4, 6})), labels = test::random_labels({2, 5, 4, 6, 16, 24}), channels = torch::ones({5});
  return {
      {"class_sums", {x, labels}, sums_of},
      {"predict_labels", {x}, [](const Tensors& t) { return Tensors{predict_labels(t[0], 16, 24, false)}; }},
      {"upsample_logits", {x}, [](const Tensors& t) { return Tensors{upsample_logits(t[0], 16, 24, false)}; }},
      {"resize", {x}, [](const Tensors& t) { return Tensors{resize_features(t[0], 8, 9, false)}; }},
      {"drop_out", {x}, [](const Tensors& t) { return Tensors{drop_out(t[0], 0.5, true)}; }},
      {"normalize",
       {torch::ones({2, 3, 4, 3}, torch::kByte)},
       [](const Tensors& t) { return Tensors{normalize(t[0], NetworkInput(), torch::kBFloat16)}; }},
      {"batch_norm",
       {x, channels, channels, channels.clone(), channels.clone(), x},
       [](const Tensors& t) {
         return Tensors{batch_norm(t[0], {t[1], t[2], t[3], t[4]}, {t[5], true}, true)};
       }},
      {"depthwise_conv",
       {x, torch::randn({5, 1, 3, 3})},
       [](const Tensors& t) {
         return Tensors{depthwise_conv(t[0], t[1], {2, 1, {0, 1, 1, 1}})};
       }},
      {"sum_of_taps",
       {last(torch::randn({2, 63, 4, 6})), last(torch::randn({2, 7, 8, 12}))},
       [](const Tensors& t) {
         return Tensors{find_operator<torch::Tensor(const torch::Tensor&, const torch::Tensor&, bool)>("seg::sum_of_taps").call(t[0], t[1], true)};
       }},
  };
}

TEST(Operators, GiveOnMetaTheShapesOfTheCpu) {
  for (const Case& one : cases()) {
    Tensors there;
    for (const torch::Tensor& argument : one.arguments) there.push_back(argument.to(torch::kMeta));
    const Tensors expected = one.call(one.arguments), found = one.call(there);
    ASSERT_EQ(found.size(), expected.size()) << one.name;
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_TRUE(found[i].is_meta()) << one.name;
      EXPECT_EQ(found[i].sizes(), expected[i].sizes()) << one.name << " " << i;
      EXPECT_EQ(found[i].strides(), expected[i].strides()) << one.name << " " << i;
      EXPECT_EQ(found[i].scalar_type(), expected[i].scalar_type()) << one.name << " " << i;
    }
  }
}

TEST(Operators, GiveOnMetaGradientsOfTheShapesOfTheCpu) {
  for (const Case& one : cases()) {
    const Tensors probe = one.call(one.arguments);
    if (!probe[0].is_floating_point() || !one.arguments[0].is_floating_point()) continue;
    const auto gradient = [&](torch::Device device) {
      Tensors arguments;
      for (const torch::Tensor& argument : one.arguments) arguments.push_back(argument.to(device));
      arguments[0] = arguments[0].detach().requires_grad_();
      one.call(arguments)[0].sum().backward();
      return arguments[0].grad();
    };
    EXPECT_EQ(gradient(torch::kMeta).sizes(), gradient(torch::kCPU).sizes()) << one.name;
  }
}

TEST(Operators, HaveKernelsOfOursForTheDevices) {
  const auto has = [](const std::string& name, c10::DispatchKey key) {
    return c10::Dispatcher::singleton().findSchemaOrThrow(("seg::" + name).c_str(), "").hasKernelForDispatchKey(key);
  };
  const std::vector<std::string> on_cpu{"depthwise_conv",  "class_sums",  "class_sums_backward",      "predict_labels",      "drop_out", "batch_norm",
                                        "batch_norm_sums", "sum_of_taps", "batch_norm_gradient_sums", "batch_norm_backward", "adam_",    "sgd_"};
  for (const std::string& name : on_cpu) EXPECT_TRUE(has(name, c10::DispatchKey::CPU)) << name;
  const std::vector<std::string> on_cuda{"class_sums_backward", "predict_labels",  "label_counts", "normalize",      "resize", "drop_out",
                                         "resize_backward",     "upsample_logits", "batch_norm",   "batch_norm_sums"};
  for (const std::string& name : on_cuda) EXPECT_EQ(has(name, c10::DispatchKey::CUDA), cuda::kBuilt) << name;
  for (const std::string name : {"class_sums", "drop_out", "resize", "sum_of_taps", "batch_norm", "depthwise_conv"})
    EXPECT_TRUE(has(name, c10::DispatchKey::Autograd)) << name;
}

TEST(Operators, AreFoundByNameAloneAndDifferentiable) {
  const auto op = c10::Dispatcher::singleton().findSchemaOrThrow("seg::class_sums", "");
  const torch::Tensor logits = torch::randn({1, 3, 2, 2}).requires_grad_(), labels = torch::zeros({1, 4, 4}, torch::kByte);
  torch::jit::Stack stack{logits, labels, false, false};
  op.callBoxed(&stack);
  stack.front().toTensorVector()[0].sum().backward();
  const torch::Tensor by_name = logits.grad().clone();
  logits.mutable_grad().reset();
  class_sums(logits, labels, false).cross_entropy.sum().backward();
  EXPECT_TRUE(by_name.equal(logits.grad()));
}

}  // namespace
}  // namespace seg
