#include "models/backbones/efficientnet_lite.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "core/state.hpp"
#include "models/model.hpp"
#include "models/weights.hpp"
#include "support/golden.hpp"

namespace seg {
namespace {

constexpr std::int64_t kBatch = 2;

/// As tests/golden/make_efficientnet_lite.py draws: numbers in [0, 1) that follow from a name and their places.
torch::Tensor drawn(const std::string& name, at::IntArrayRef shape) {
  constexpr std::int64_t kMask = 0xFFFFFFFF;
  std::int64_t seed = 0;
  for (const char letter : name) seed = (seed * 31 + letter) & kMask;
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  const auto scrambled = [](const torch::Tensor& bits) { return bits.bitwise_xor(bits.bitwise_right_shift(16)); };
  torch::Tensor bits = torch::arange(count).add(seed).bitwise_and(kMask);
  for (int round = 0; round < 2; ++round) bits = (scrambled(bits) * 0x45D9F3B).bitwise_and(kMask);
  return (scrambled(bits).to(torch::kDouble) / 4294967296.0).to(torch::kFloat).view(shape);
}

torch::Tensor drawn_value(const std::string& name, const torch::Tensor& like) {
  const torch::Tensor numbers = drawn(name, like.sizes());
  if (like.dim() == 4) return (numbers - 0.5) * std::sqrt(24.0 / static_cast<double>(like[0].numel()));
  if (name.ends_with("running_mean")) return numbers - 0.5;
  if (name.ends_with("running_var")) return 20 * numbers + 10;
  if (name.ends_with("weight")) return 3 * numbers + 0.5;
  return 2 * numbers - 1;
}

void draw_state(torch::nn::Module& network) {
  const torch::NoGradGuard no_gradient;
  for (const auto& [name, tensor] : model_state(network))
    if (tensor.is_floating_point()) torch::Tensor(tensor).copy_(drawn_value(name, tensor));
}

torch::Tensor drawn_images(std::int64_t batch, std::int64_t height, std::int64_t width) {
  return (2 * drawn("images", {batch, 3, height, width}) - 1).contiguous(torch::MemoryFormat::ChannelsLast);
}

struct SizeCase {
  std::int64_t height, width, output_stride;
};
void PrintTo(const SizeCase& c, std::ostream* out) { *out << c.height << "x" << c.width << " stride " << c.output_stride; }

/// Against the public implementation with the same weights and images.
class Public : public testing::TestWithParam<SizeCase> {
 protected:
  void SetUp() override { draw_state(*network_); }

  torch::Tensor expected(const std::string& what) const {
    const auto [height, width, stride] = GetParam();
    return golden_[std::to_string(height) + "x" + std::to_string(width) + "_" + std::to_string(stride) + "." + what];
  }
  Features features(torch::ScalarType type) { return network_->forward(drawn_images(kBatch, GetParam().height, GetParam().width).to(type)); }

  void expect_gradients(const std::string& mode, torch::ScalarType type, double tolerance) {
    network_->to(type);
    const Features found = features(type);
    torch::Tensor loss = torch::zeros({});
    for (const auto& [name, feature] : {std::pair("low", found.low), std::pair("mid", found.mid), std::pair("high", found.high)})
      loss = loss + (feature * (drawn(name, feature.sizes()) - 0.5)).sum() / std::sqrt(static_cast<double>(feature.numel()));
    loss.backward();
    std::map<std::string, torch::Tensor> gradients;  // sorted by name
    for (const auto& entry : network_->named_parameters()) gradients.emplace(entry.key(), entry.value().grad());
    const torch::Tensor sums = expected(mode + "_sums"), norms = expected(mode + "_norms");
    ASSERT_EQ(norms.numel(), static_cast<std::int64_t>(gradients.size()));
    std::int64_t at = 0;
    double worst = 0.0;
    for (const auto& [name, gradient] : gradients) {
      const double norm = norms[at].item<double>(), sum = (gradient * (drawn(name, gradient.sizes()) - 0.5)).sum().item<double>();
      // In training a bias whose shift the next batch norm takes away has a gradient of rounding alone; all others are above 0.1.
      const double scale = network_->is_training() ? std::max(norm, 0.1) : norm;
      worst = std::max({worst, std::abs(gradient.norm().item<double>() - norm) / scale, std::abs(sum - sums[at++].item<double>()) / scale});
    }
    EXPECT_LT(worst, tolerance);
    RecordProperty("worst", std::to_string(worst));
  }

  EfficientNetLite network_{1.0, GetParam().output_stride};
  test::Golden golden_{"efficientnet_lite"};
};

INSTANTIATE_TEST_SUITE_P(Sizes, Public, testing::Values(SizeCase{128, 128, 32}, SizeCase{98, 133, 16}, SizeCase{97, 111, 16}, SizeCase{66, 85, 8}));

TEST_P(Public, GivesTheSameFeatures) {
  const torch::NoGradGuard no_gradient;
  network_->eval();
  const Features found = features(torch::kFloat);
  const auto kept = [](const torch::Tensor& feature) { return feature.slice(0, 0, 1).slice(1, 0, feature.size(1), 3); };
  EXPECT_LT(test::relative_difference(kept(found.low), expected("low")), 1e-4);
  EXPECT_LT(test::relative_difference(kept(found.mid), expected("mid")), 1e-4);
  EXPECT_LT(test::relative_difference(kept(found.high), expected("high")), 1e-4);
}

TEST_P(Public, GivesTheSameGradients) {
  network_->eval();
  expect_gradients("evaluation", torch::kFloat, 1e-3);
}

// In float64: in float32 a value within rounding of ReLU6's bounds passes its gradient here and not there, and batch norm spreads that over all.
TEST_P(Public, GivesTheSameGradientsInTraining) { expect_gradients("training", torch::kDouble, 1e-5); }

// A dilated network sees at each pixel that the strided one keeps exactly what that one sees. Which pixels it keeps follows from the padding: of an
// even number the odd ones, else the even ones.
TEST(EfficientNetLite, DilationKeepsTheStridedNetworksValues) {
  const torch::NoGradGuard no_gradient;
  EfficientNetLite coarse(1.0, 16), fine(1.0, 8);
  draw_state(*coarse);
  draw_state(*fine);
  coarse->eval();
  fine->eval();
  for (const auto& [height, width] : {std::pair(64, 72), std::pair(72, 64)}) {  // 8x9 and 9x8 at stride 8
    const torch::Tensor images = drawn_images(1, height, width);
    const torch::Tensor all = fine->forward(images).high;
    const auto kept = [](std::int64_t size) { return torch::indexing::Slice(size % 2 == 0 ? 1 : 0, torch::indexing::None, 2); };
    const torch::Tensor found = all.index({torch::indexing::Slice(), torch::indexing::Slice(), kept(all.size(2)), kept(all.size(3))});
    EXPECT_LT(test::relative_difference(found, coarse->forward(images).high), 1e-4);
  }
}

TEST(EfficientNetLite, AFreshNetworkKeepsTheScaleOfItsValues) {
  torch::manual_seed(1);
  EfficientNetLite network(1.0, 16);
  const auto parameters = network->named_parameters();
  const auto variance = [&](const char* name) { return parameters[std::string(name) + ".weight"].var().item<double>(); };
  EXPECT_NEAR(variance("_blocks.14._depthwise_conv"), 2.0 / 25, 0.002);  // not over all channels
  EXPECT_NEAR(variance("_blocks.14._expand_conv"), 2.0 / 1152, 0.0001);
}

TEST(EfficientNetLite, ReadsTheFileOfItsAuthorsStrictly) {
  // scripts/get_weights.sh puts it there.
  const auto of = [](const char* name) { return std::filesystem::path(std::getenv(name) != nullptr ? std::getenv(name) : ""); };
  const std::filesystem::path cache = !of("XDG_CACHE_HOME").empty() ? of("XDG_CACHE_HOME") : of("HOME") / ".cache";
  const std::filesystem::path folder = !of("SEGTRAIN_WEIGHTS").empty() ? of("SEGTRAIN_WEIGHTS") : cache / "segtrain/weights";
  const std::filesystem::path file = folder / "efficientnet-lite0-57934424.pth";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "there is no " << file << "; scripts/get_weights.sh efficientnet_lite0 fetches it";
  ModelOptions options;
  options.backbone = "efficientnet_lite0";
  options.pretrained = file.string();
  const auto model = build_model(options, 5);
  const auto report = load_initial_weights(*model, options);
  EXPECT_EQ(report->loaded.size(), 288U);  // with batch counters
  EXPECT_EQ(report->unused.size(), 8U);    // the last convolution, its batch norm, the classifier
  EfficientNetLite network(1.0, 32);
  State backbone;
  for (const auto& [name, tensor] : model_state(*model))
    if (name.starts_with("backbone.")) backbone.emplace(name.substr(9), tensor);
  load_state_exact(*network, backbone, "file");
  network->eval();
  const torch::NoGradGuard no_gradient;
  const Features found = network->forward(drawn_images(1, 97, 130));
  const test::Golden golden("efficientnet_lite");
  using torch::indexing::None;
  using torch::indexing::Slice;
  EXPECT_LT(test::relative_difference(found.low.index({Slice(), Slice(), Slice(None, None, 4), Slice(None, None, 4)}), golden["published.low"]),
            1e-4);
  EXPECT_LT(test::relative_difference(found.high.mean({2, 3}), golden["published.high"]), 1e-4);
}

}  // namespace
}  // namespace seg
