// DDRNet-23-slim against its authors' code: tests/golden/make_ddrnet.py made the reference values.
#include "models/ddrnet.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error.hpp"
#include "base/random.hpp"
#include "core/tensor_io.hpp"
#include "models/weights.hpp"
#include "ops/packed_convs.hpp"
#include "support/golden.hpp"
#include "support/support.hpp"
#include "tensor_files/safetensors.hpp"

namespace seg {
namespace {

using test::relative_difference;
using testing::HasSubstr;

constexpr std::int64_t kReferenceClasses = 5;
constexpr std::uint64_t kImages = 1ULL << 40, kLogits = 2ULL << 40, kAuxiliary = 3ULL << 40, kVectors = 4ULL << 40;

ModelOptions ddrnet_options(double width, bool auxiliary = true) {
  ModelOptions options;
  options.arch = "ddrnet23_slim";
  options.width = width;
  options.auxiliary = auxiliary;
  return options;
}

torch::Tensor uniform(std::uint64_t seed, at::IntArrayRef shape, double low, double high) {
  torch::Tensor values = torch::empty(shape);
  Random random(seed);
  for (std::int64_t i = 0; i < values.numel(); ++i) values.data_ptr<float>()[i] = static_cast<float>(random.uniform(low, high));
  return values;
}

/// A quarter as wide, with the weights of the reference.
std::shared_ptr<Model> reference_network() {
  const auto model = build_model(ddrnet_options(0.25), kReferenceClasses);
  std::uint64_t i = 0;
  for (auto& [name, tensor] : model_state(*model)) {
    if (!tensor.is_floating_point()) continue;
    const bool positive = name.ends_with("running_var") || (tensor.dim() == 1 && name.ends_with("weight"));
    const double bound = tensor.dim() == 4 ? std::sqrt(6.0 / static_cast<double>(tensor[0].numel())) : 0.2;
    const std::uint64_t seed = i++ << 32;
    torch::Tensor(tensor).copy_(positive ? uniform(seed, tensor.sizes(), 0.5, 1.5) : uniform(seed, tensor.sizes(), -bound, bound));
  }
  return model;
}

using Named = std::map<std::string, torch::Tensor>;

/// Each tensor's products with two random vectors against the reference's, within `share` of the norm of the reference, or of 0.1 where that is less.
void expect_close(const Named& tensors, const torch::Tensor& reference, double share) {
  ASSERT_EQ(static_cast<std::int64_t>(tensors.size()), reference.size(0));
  std::int64_t row = 0;
  for (const auto& [name, tensor] : tensors) {
    const double tolerance = share * std::max(reference[row][0].item<double>(), 0.1);
    for (std::int64_t j = 0; j < 2 && tensor.defined(); ++j) {
      const torch::Tensor vector = uniform(kVectors + (static_cast<std::uint64_t>(2 * row + j) << 32), {tensor.numel()}, -1.0, 1.0);
      const double product = tensor.detach().contiguous().view(-1).to(torch::kDouble).dot(vector.to(torch::kDouble)).item<double>();
      EXPECT_NEAR(product, reference[row][1 + j].item<double>(), tolerance) << name;
    }
    ++row;
  }
}

Named gradients_of(const Model& model) {
  Named gradients;
  for (const auto& entry : model.named_parameters()) gradients[entry.key()] = entry.value().grad();
  return gradients;
}

/// The sum of all outputs with the reference's factors.
torch::Tensor weighted_sum(const ModelOutput& output) {
  const torch::Tensor sum = (output.logits * uniform(kLogits, output.logits.sizes(), -1.0, 1.0)).sum();
  if (!output.auxiliary.defined()) return sum;
  return sum + (output.auxiliary * uniform(kAuxiliary, output.auxiliary.sizes(), -1.0, 1.0)).sum();
}

Named running_statistics(const Model& model) {
  Named statistics;
  for (const auto& entry : model.named_buffers())
    if (entry.key().find("running") != std::string::npos) statistics[entry.key()] = entry.value();
  return statistics;
}

torch::Tensor images_of(std::int64_t batch, std::int64_t height, std::int64_t width) {
  return uniform(kImages, {batch, 3, height, width}, -2.0, 2.0).contiguous(torch::MemoryFormat::ChannelsLast);
}

class DdrNetReference : public testing::TestWithParam<std::vector<std::int64_t>> {
 protected:
  torch::Tensor images() const { return images_of(GetParam()[0], GetParam()[1], GetParam()[2]); }
  torch::Tensor reference(const std::string& name) const {
    return golden_[std::to_string(GetParam()[0]) + "x" + std::to_string(GetParam()[1]) + "x" + std::to_string(GetParam()[2]) + "." + name];
  }

 private:
  test::Golden golden_{"ddrnet23_slim"};
};

INSTANTIATE_TEST_SUITE_P(Sizes, DdrNetReference,
                         testing::Values(std::vector<std::int64_t>{4, 64, 96}, std::vector<std::int64_t>{2, 136, 72},
                                         std::vector<std::int64_t>{2, 128, 192}));

TEST_P(DdrNetReference, LogitsInTrainingAreThoseOfItsAuthors) {
  const auto model = reference_network();
  const ModelOutput output = model->forward(images());
  EXPECT_LT(relative_difference(output.logits, reference("train.logits")), 1e-4);
  EXPECT_LT(relative_difference(output.auxiliary, reference("train.auxiliary")), 1e-4);
}

TEST_P(DdrNetReference, LogitsInEvaluationAreThoseOfItsAuthors) {
  const auto model = reference_network();
  model->eval();
  const ModelOutput output = model->forward(images());
  EXPECT_LT(relative_difference(output.logits, reference("eval.logits")), 1e-4);
  EXPECT_FALSE(output.auxiliary.defined());
}

// In float64: in float32 a value that rounding takes to the other side of a ReLU's corner changes gradients by more than all else that rounding does.
TEST_P(DdrNetReference, GradientsAndStatisticsAreThoseOfItsAuthors) {
  for (const bool training : {true, false}) {
    const auto model = reference_network();
    model->to(torch::kDouble);
    model->train(training);
    const ModelOutput output = model->forward(images().to(torch::kDouble));
    if (training) expect_close(running_statistics(*model), reference("train.statistics"), 1e-5);
    weighted_sum(output).backward();
    expect_close(gradients_of(*model), reference(training ? "train.gradients" : "eval.gradients"), 1e-5);
  }
}

TEST_P(DdrNetReference, PackedPredictionIsThatOfItsAuthors) {
  const torch::NoGradGuard no_gradient;
  const auto model = reference_network();
  model->eval();
  PackedConvs convs(torch::kFloat);
  const PackedConvsScope scope(&convs);
  for (int pass = 0; pass < 2; ++pass)  // the second one takes what the first one has packed
    EXPECT_LT(relative_difference(model->forward(images()).logits, reference("eval.logits")), 1e-4);
}

// With norms that keep nearly all values on one side of the ReLUs' corners. Some gradients cancel: those of a bias before a batch norm.
TEST(DdrNet, GradientsInFloat32AreThoseInFloat64) {
  for (const bool training : {true, false}) {
    const auto model = reference_network(), exact = reference_network();
    for (auto& [name, tensor] : model_state(*model))
      if (tensor.dim() == 1 && name.find("running") == std::string::npos) name.ends_with("bias") ? tensor.add_(1.0) : tensor.mul_(0.3);
    load_state_exact(*exact, model_state(*model), "float32");
    exact->to(torch::kDouble);
    for (const auto& network : {model, exact}) {
      network->train(training);
      weighted_sum(network->forward(images_of(3, 72, 104).to(network->parameters().front().scalar_type()))).backward();
    }
    for (const auto& [name, gradient] : gradients_of(*model)) {
      if (!gradient.defined()) continue;
      const torch::Tensor wanted = exact->named_parameters()[name].grad();
      const double difference = (gradient.to(torch::kDouble) - wanted).norm().item<double>();
      EXPECT_LT(difference, 1e-3 * std::max(wanted.norm().item<double>(), 1.0)) << name;
    }
  }
}

TEST(DdrNet, TakesSizesThatItsAuthorsCodeDoesNot) {
  const auto model = build_model(ddrnet_options(0.125), kReferenceClasses);
  for (const auto& [height, width] : {std::pair<std::int64_t, std::int64_t>{1, 1}, {7, 65}, {97, 131}, {100, 36}}) {
    model->zero_grad();
    const ModelOutput output = model->forward(torch::randn({2, 3, height, width}));
    const std::vector<std::int64_t> expected{2, kReferenceClasses, (height + 7) / 8, (width + 7) / 8};
    EXPECT_EQ(output.logits.sizes(), expected);
    EXPECT_EQ(output.auxiliary.sizes(), expected);
    (output.logits.square().mean() + output.auxiliary.square().mean()).backward();
    for (const auto& entry : model->named_parameters()) EXPECT_TRUE(entry.value().grad().isfinite().all().item<bool>()) << entry.key();
  }
}

TEST(DdrNet, HasItsAuthorsTensors) {
  const auto model = build_model(ddrnet_options(1.0), 11);
  const State state = model_state(*model);
  EXPECT_EQ(state.size(), 346U);
  EXPECT_NEAR(static_cast<double>(model->value_count()), 5.733e6, 0.0005e6);
  const auto shape = [&](const std::string& name) { return state.at(name).sizes().vec(); };
  EXPECT_THAT(shape("conv1.3.bias"), testing::ElementsAre(32));
  EXPECT_THAT(shape("layer5.0.downsample.0.weight"), testing::ElementsAre(512, 256, 1, 1));
  EXPECT_THAT(shape("layer5_.0.conv3.weight"), testing::ElementsAre(128, 64, 1, 1));
  EXPECT_THAT(shape("down4.3.weight"), testing::ElementsAre(256, 128, 3, 3));
  EXPECT_THAT(shape("spp.compression.2.weight"), testing::ElementsAre(128, 640, 1, 1));
  EXPECT_THAT(shape("seghead_extra.conv1.weight"), testing::ElementsAre(64, 64, 3, 3));
}

class DdrNetWeights : public testing::Test {
 protected:
  /// The network with `options`, started from a file that holds `weights`.
  WeightReport load(ModelOptions options, const State& weights, std::int64_t classes = kReferenceClasses) {
    const std::filesystem::path file = folder_ / "weights.safetensors";
    write_safetensors(file, tensor_views(weights), {});
    options.init_from = file.string();
    return *load_initial_weights(*build_model(options, classes), options);
  }

  test::TemporaryFolder folder_;
};

TEST_F(DdrNetWeights, TheAuxiliaryHeadOfAFileMayBeLeft) {
  const State whole = model_state(*build_model(ddrnet_options(0.125), kReferenceClasses));
  const WeightReport report = load(ddrnet_options(0.125, false), whole);
  EXPECT_EQ(report.loaded.size() + report.unused.size(), whole.size());
  EXPECT_EQ(report.unused.size(), 13U);
  EXPECT_THAT(report.unused, testing::Each(testing::StartsWith("seghead_extra.")));
  EXPECT_TRUE(report.missing.empty());
}

TEST_F(DdrNetWeights, OtherClassesLeaveOutTheClassLayers) {
  const WeightReport report = load(ddrnet_options(0.125), model_state(*build_model(ddrnet_options(0.125), kReferenceClasses)), 7);
  EXPECT_THAT(report.reinitialized,
              testing::ElementsAre("final_layer.conv2.bias", "final_layer.conv2.weight", "seghead_extra.conv2.bias", "seghead_extra.conv2.weight"));
}

TEST_F(DdrNetWeights, WhatIsMissingIsRefusedUnlessAllowed) {
  State trunk = model_state(*build_model(ddrnet_options(0.125), kReferenceClasses));
  std::erase_if(trunk, [](const auto& entry) { return entry.first.starts_with("spp."); });
  try {
    load(ddrnet_options(0.125), trunk);
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kStorage);
    EXPECT_THAT(error.what(), HasSubstr("missing (spp.compression.0.bias"));
  }
  ModelOptions allowed = ddrnet_options(0.125);
  allowed.allow_mismatch = {"spp."};
  EXPECT_FALSE(load(allowed, trunk).missing.empty());
}

TEST(DdrNetOptions, WhatDescribesABackboneIsRefused) {
  const auto refusal = [](const std::function<void(ModelOptions&)>& set) {
    ModelOptions options = ddrnet_options(1.0);
    set(options);
    try {
      check_model(options);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind, ErrorKind::kConfiguration);
      return std::string(error.what()) + " | " + error.hint;
    }
    return std::string("accepted");
  };
  const std::string end = ", but model.arch ddrnet23_slim has no backbone to choose or load | remove ";
  EXPECT_EQ(refusal([](ModelOptions& o) { o.backbone = "resnet50"; }),
            "model.backbone is resnet50" + end + "model.backbone, or set model.arch to one of deeplabv3plus, deeplabv3");
  EXPECT_THAT(refusal([](ModelOptions& o) { o.output_stride = 8; }), HasSubstr("model.output_stride is 8" + end));
  EXPECT_THAT(refusal([](ModelOptions& o) { o.aspp_rates = {1, 2, 3}; }), HasSubstr("model.aspp_rates is a list of 3" + end));
  EXPECT_THAT(refusal([](ModelOptions& o) { o.pretrained = "x.pth"; }), HasSubstr("set model.init_from to weights of the whole network"));
  EXPECT_EQ(refusal([](ModelOptions& o) { o.output_stride = 16; }), "accepted");
}

}  // namespace
}  // namespace seg
