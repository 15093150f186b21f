// The kernels on a GPU against the CPU's and the reference; skipped where there is none.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/cuda.h>

#include "device/device_work.hpp"
#include "ops/batch_norm.hpp"
#include "ops/class_sums.hpp"
#include "ops/cuda/built.hpp"
#include "ops/drop_out.hpp"
#include "ops/normalize.hpp"
#include "ops/resize.hpp"
#include "ops/training_pass.hpp"
#include "ops/upsample.hpp"
#include "support/golden.hpp"
#include "support/sums_shapes.hpp"

namespace seg {
namespace {

using test::random_labels;
using test::relative_difference;
using test::SumsShape;

class OnGpu : public testing::TestWithParam<std::tuple<SumsShape, bool>> {
 protected:
  void SetUp() override {
    if (!cuda::kBuilt) GTEST_SKIP() << "this program is built without CUDA (scripts/build.sh --cuda)";
    if (!torch::cuda::is_available()) GTEST_SKIP() << "this LibTorch sees no GPU";
  }
};

struct GpuSums {
  ClassSums sums;
  torch::Tensor gradient;
};

template <class Function>
GpuSums gpu_sums(const Function& function, const torch::Tensor& logits, const torch::Tensor& labels, bool align_corners,
                 Regions regions = Regions::kNo) {
  torch::Tensor leaf = logits.detach().clone().requires_grad_(true);
  const ClassSums sums = function(leaf, labels, align_corners, regions);
  test::loss_of(sums).backward();
  const auto here = [](const torch::Tensor& sum) { return sum.defined() ? sum.detach().cpu() : sum; };
  return {{here(sums.cross_entropy), here(sums.pixels), here(sums.false_negatives), here(sums.predicted), here(sums.probability),
           here(sums.true_probability)},
          leaf.grad().cpu()};
}

TEST_P(OnGpu, ClassSumsAreThoseOfTheCpuInEveryRun) {
  const auto [shape, align_corners] = GetParam();
  torch::manual_seed(7);
  const torch::Tensor logits = torch::randn({shape.batch, shape.classes, shape.in_height, shape.in_width}) * 3, labels = random_labels(shape);
  for (const auto format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
    const torch::Tensor there = logits.cuda().contiguous(format);
    const Regions regions = format == at::MemoryFormat::ChannelsLast ? Regions::kYes : Regions::kNo;
    const GpuSums expected = gpu_sums(class_sums, logits, labels, align_corners, regions);
    const GpuSums result = gpu_sums(class_sums, there, labels.cuda(), align_corners, regions);
    EXPECT_LT(relative_difference(result.sums.cross_entropy, expected.sums.cross_entropy), 1e-5);
    EXPECT_LT(relative_difference(result.gradient, expected.gradient), 1e-4);
    EXPECT_TRUE(result.sums.pixels.equal(expected.sums.pixels));
    EXPECT_LE((result.sums.false_negatives - expected.sums.false_negatives).abs().sum().item<int>(), 1);  // a tie may fall otherwise
    const GpuSums again = gpu_sums(class_sums, there, labels.cuda(), align_corners, regions);
    EXPECT_TRUE(again.sums.cross_entropy.equal(result.sums.cross_entropy));
    EXPECT_TRUE(again.gradient.equal(result.gradient));
    if (regions == Regions::kNo) continue;
    EXPECT_LT(relative_difference(result.sums.probability, expected.sums.probability), 1e-5);
    EXPECT_LT(relative_difference(result.sums.true_probability, expected.sums.true_probability), 1e-5);
    EXPECT_TRUE(again.sums.probability.equal(result.sums.probability));
    EXPECT_TRUE(again.sums.true_probability.equal(result.sums.true_probability));
  }
}

TEST_P(OnGpu, TakesBfloat16AndGivesItsGradient) {
  const auto [shape, align_corners] = GetParam();
  torch::manual_seed(5);
  const torch::Tensor logits = torch::randn({shape.batch, shape.classes, shape.in_height, shape.in_width}).to(torch::kBFloat16);
  const torch::Tensor labels = random_labels(shape);
  const GpuSums expected = gpu_sums(class_sums, logits.to(torch::kFloat), labels, align_corners);
  const GpuSums result = gpu_sums(class_sums, logits.cuda(), labels.cuda(), align_corners);
  EXPECT_EQ(result.gradient.scalar_type(), torch::kBFloat16);
  EXPECT_LT(relative_difference(result.sums.cross_entropy, expected.sums.cross_entropy), 1e-5);
  EXPECT_LT(relative_difference(result.gradient.to(torch::kFloat), expected.gradient), 1e-2);
}

TEST_P(OnGpu, PredictsWhatTheCpuPredicts) {
  const auto [shape, align_corners] = GetParam();
  torch::manual_seed(9);
  const torch::Tensor logits = torch::randn({shape.batch, shape.classes, shape.in_height, shape.in_width});
  const torch::Tensor expected = predict_labels(logits, shape.out_height, shape.out_width, align_corners);
  const torch::Tensor result = predict_labels(logits.cuda(), shape.out_height, shape.out_width, align_corners).cpu();
  EXPECT_LE(result.ne(expected).sum().item<int>(), 1);
}

TEST_P(OnGpu, ResizesFeaturesForwardAndBackward) {
  const auto [shape, align_corners] = GetParam();
  torch::manual_seed(3);
  const torch::Tensor x = torch::randn({shape.batch, 8, shape.in_height, shape.in_width});
  const torch::Tensor weight = torch::randn({shape.batch, 8, shape.out_height, shape.out_width});
  const auto both = [&, corners = align_corners, out = shape](const torch::Tensor& given, const torch::Tensor& factor) {
    const torch::Tensor leaf = given.clone().requires_grad_(true);
    const torch::Tensor y = resize_features(leaf, out.out_height, out.out_width, corners);
    return std::pair(y.detach().cpu(), torch::autograd::grad({(y * factor).sum()}, {leaf})[0].cpu());
  };
  const auto expected = both(x, weight), result = both(x.cuda(), weight.cuda());
  EXPECT_LT(relative_difference(result.first, expected.first), 1e-5);
  EXPECT_LT(relative_difference(result.second, expected.second), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Cuda, OnGpu, testing::Combine(testing::ValuesIn(test::kSumsShapes), testing::Bool()));

class OneGpu : public OnGpu {};

TEST_P(OneGpu, ALabelOutOfRangeMakesTheSumNaN) {
  const torch::Tensor labels = torch::full({1, 2, 2}, 3, torch::kByte).cuda();
  EXPECT_TRUE(class_sums(torch::zeros({1, 3, 2, 2}).cuda(), labels, false).cross_entropy[0].isnan().item<bool>());
}

TEST_P(OneGpu, NormalizesAsTheCpuDoes) {
  const torch::Tensor images = torch::randint(0, 256, {2, 7, 5, 3}, torch::kUInt8);
  for (const ChannelOrder order : {ChannelOrder::kRgb, ChannelOrder::kBgr}) {
    const NetworkInput input{order, {10, 100, 200}, {50, 60, 70}};
    const torch::Tensor result = normalize(images.cuda(), input);
    EXPECT_TRUE(result.is_contiguous(torch::MemoryFormat::ChannelsLast));
    EXPECT_TRUE(result.cpu().allclose(normalize(images, input), 1e-6, 1e-6));
    EXPECT_TRUE(normalize(images.cuda(), input, torch::kBFloat16).cpu().allclose(normalize(images, input, torch::kBFloat16), 1e-2, 1e-2));
  }
}

TEST_P(OneGpu, BatchNormIsThatOfTheCpuInEveryRun) {
  for (const std::vector<std::int64_t>& sizes : {std::vector<std::int64_t>{4, 64, 33, 17}, {2, 512, 5, 7}, {3, 5, 4, 6}, {1, 8, 100, 90}}) {
    for (const bool with_residual : {false, true}) {
      torch::manual_seed(6);
      const torch::Tensor x = torch::randn(sizes) * 2 + 1, residual = torch::randn(sizes), factor = torch::randn(sizes);
      const auto run = [&](const torch::Device& device, torch::ScalarType type, torch::ScalarType rounded) {
        // A copy, also where to() alone would give the tensor itself: a leaf must be this run's own.
        const auto there = [&](const torch::Tensor& values) { return values.to(rounded).to(device, type, /*non_blocking=*/false, /*copy=*/true); };
        torch::manual_seed(7);
        BatchNorm norm{torch::rand({sizes[1]}).to(device).requires_grad_(true), torch::randn({sizes[1]}).to(device).requires_grad_(true),
                       torch::zeros({sizes[1]}).to(device), torch::ones({sizes[1]}).to(device)};
        const torch::Tensor leaf = there(x).requires_grad_(true), added = there(residual).requires_grad_(true);
        const torch::Tensor y = batch_norm(leaf, norm, {with_residual ? added : torch::Tensor(), true}, true);
        (y.to(torch::kFloat) * there(factor).to(torch::kFloat)).sum().backward();
        std::vector<torch::Tensor> all{y.detach(), leaf.grad(), norm.weight.grad(), norm.bias.grad(), norm.running_mean, norm.running_variance};
        if (with_residual) all.push_back(added.grad());
        for (torch::Tensor& tensor : all) tensor = tensor.cpu().to(torch::kFloat);
        return all;
      };
      // With this seed no result is within 2e-6 of 0, where the next bit would switch the gradient on or off; for bfloat16, of the same rounded
      // values.
      const auto expected = run(torch::kCPU, torch::kFloat, torch::kFloat), of_rounded = run(torch::kCPU, torch::kFloat, torch::kBFloat16);
      const auto result = run(torch::kCUDA, torch::kFloat, torch::kFloat), again = run(torch::kCUDA, torch::kFloat, torch::kFloat);
      const auto half = run(torch::kCUDA, torch::kBFloat16, torch::kBFloat16);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_LT(relative_difference(result[i], expected[i]), 1e-4) << i;
        EXPECT_TRUE(again[i].equal(result[i])) << i;
        EXPECT_LT(relative_difference(half[i], of_rounded[i]), 1e-2) << i;
      }
    }
  }
}

TEST_P(OneGpu, DropOutDrawsAnewInEachReplay) {
  const DeviceStream stream(torch::kCUDA);
  const DeviceStream::Scope scope(stream);
  const torch::Tensor x = torch::ones({3, 7, 100, 100}, torch::kCUDA).requires_grad_(true);
  const torch::Tensor seed = torch::zeros({1}, x.options().dtype(torch::kInt64).requires_grad(false));
  torch::Tensor y;
  const auto work = [&] {
    const TrainingPassScope pass({.seed = seed});
    x.mutable_grad().reset();
    y = drop_out(x, 0.3, true);
    y.sum().backward();
  };
  for (int i = 0; i < 3; ++i) work();
  const auto after = [&](std::int64_t of_step, const std::function<void()>& drop) {
    seed.fill_(of_step);
    drop();
    EXPECT_TRUE(x.grad().equal(y.detach()));
    EXPECT_NEAR(y.eq(0).to(torch::kFloat).mean().item<double>(), 0.3, 0.01);
    return y.detach().clone();
  };
  const torch::Tensor launched = after(5, work);
  const CudaGraph recorded(work);
  const auto replay = [&] { recorded.replay(); };
  EXPECT_TRUE(after(5, replay).equal(launched));
  EXPECT_FALSE(after(6, replay).equal(launched));
}

TEST_P(OneGpu, KernelsCanBeRecorded) {
  const DeviceStream stream(torch::kCUDA);
  const DeviceStream::Scope scope(stream);
  torch::Tensor logits = torch::randn({2, 5, 8, 8}).cuda().requires_grad_(true);
  const torch::Tensor labels = torch::randint(0, 5, {2, 32, 32}).to(torch::kByte).cuda();
  torch::Tensor loss;
  const auto work = [&] {
    logits.mutable_grad().reset();
    loss = class_sums(logits, labels, false).cross_entropy.sum();
    loss.backward();
  };
  for (int i = 0; i < 3; ++i) work();
  const torch::Tensor expected = logits.grad().clone();
  const CudaGraph recorded(work);
  recorded.replay();
  EXPECT_TRUE(logits.grad().equal(expected));
  logits.detach().mul_(2);
  recorded.replay();
  EXPECT_FALSE(logits.grad().equal(expected));
  EXPECT_TRUE(std::isfinite(HostCopy(loss.detach()).wait().item<double>()));
}

INSTANTIATE_TEST_SUITE_P(Cuda, OneGpu, testing::Values(std::tuple(SumsShape{}, false)));

}  // namespace
}  // namespace seg
