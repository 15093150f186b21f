#include <gmock/gmock.h>

#include <set>

#include "base/error.hpp"
#include "device/compute.hpp"
#include "models/backbones/resnet.hpp"
#include "models/model.hpp"
#include "models/weights.hpp"
#include "support/networks.hpp"

namespace seg {
namespace {

constexpr std::int64_t kClasses = 5;

ModelOptions options_of(const std::string& arch, const std::string& backbone = "resnet18", std::int64_t output_stride = 16) {
  ModelOptions options;
  options.arch = arch;
  options.backbone = backbone;
  options.output_stride = output_stride;
  return options;
}

std::int64_t count_parameters(const torch::nn::Module& module, const std::string& prefix = {}) {
  std::int64_t count = 0;
  for (const auto& entry : module.named_parameters())
    if (entry.key().starts_with(prefix)) count += entry.value().numel();
  return count;
}

void add_norm(std::set<std::string>& names, const std::string& norm) {
  for (const char* part : {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"}) names.insert(norm + "." + part);
}

void add_conv_and_norm(std::set<std::string>& names, const std::string& conv, const std::string& norm) {
  names.insert(conv + ".weight");
  add_norm(names, norm);
}

/// torchvision's names of ResNet-18 (two basic blocks a stage) without its classifier.
std::set<std::string> torchvision_resnet18() {
  std::set<std::string> names;
  const std::string root = "backbone.";
  add_conv_and_norm(names, root + "conv1", root + "bn1");
  for (int layer = 1; layer <= 4; ++layer)
    for (int block = 0; block < 2; ++block) {
      const std::string at = root + "layer" + std::to_string(layer) + "." + std::to_string(block) + ".";
      add_conv_and_norm(names, at + "conv1", at + "bn1");
      add_conv_and_norm(names, at + "conv2", at + "bn2");
      if (layer > 1 && block == 0) add_conv_and_norm(names, at + "downsample.0", at + "downsample.1");
    }
  return names;
}

std::set<std::string> names_of(const Model& model) {
  std::set<std::string> names;
  for (const auto& [name, tensor] : model_state(model)) names.insert(name);
  return names;
}

// The contract: what holds for every entry of both registries.
class AnyModel : public testing::TestWithParam<std::pair<std::string, std::string>> {
 protected:
  ModelOptions options() const { return options_of(std::get<0>(GetParam()), std::get<1>(GetParam())); }
};

INSTANTIATE_TEST_SUITE_P(Registry, AnyModel, testing::ValuesIn(test::networks(backbone_names())),
                         [](const auto& entry) { return std::get<0>(entry.param) + "_" + std::get<1>(entry.param); });

TEST_P(AnyModel, GivesFiniteLogitsAtItsStride) {
  const auto model = build_model(options(), kClasses);
  model->eval();
  const torch::NoGradGuard no_grad;
  const ModelOutput output = model->forward(torch::randn({1, 3, 33, 65}).contiguous(torch::MemoryFormat::ChannelsLast));
  const std::map<std::string, std::int64_t> strides = {{"deeplabv3plus", 4}, {"deeplabv3", 16}, {"ddrnet23_slim", 8}};
  const std::int64_t stride = strides.at(options().arch);
  EXPECT_EQ(output.logits.sizes(), (std::vector<std::int64_t>{1, kClasses, 32 / stride + 1, 64 / stride + 1}));
  EXPECT_TRUE(output.logits.isfinite().all().item<bool>());
  EXPECT_FALSE(output.auxiliary.defined());
}

// Gradients, on the smaller networks only: a block is the same in the larger ones.
class TrainedModel : public testing::TestWithParam<std::pair<std::string, std::string>> {};

INSTANTIATE_TEST_SUITE_P(Small, TrainedModel, testing::ValuesIn(test::networks({"resnet18", "resnet18_published", "efficientnet_lite0"})));

TEST_P(TrainedModel, GradientReachesEveryParameter) {
  ModelOptions options = options_of(std::get<0>(GetParam()), std::get<1>(GetParam()));
  options.auxiliary = true;
  const auto model = build_model(options, kClasses);
  const ModelOutput output = model->forward(torch::randn({2, 3, 40, 40}));
  (output.logits.square().mean() + output.auxiliary.square().mean()).backward();
  const std::set<std::string> cancelled = {"conv1.0.bias", "conv1.3.bias"};  // by the batch norm behind them
  for (const auto& entry : model->named_parameters()) {
    ASSERT_TRUE(entry.value().grad().defined()) << entry.key();
    const bool zero = cancelled.contains(entry.key());
    EXPECT_EQ(entry.value().grad().abs().max().item<float>() == 0.0F, zero) << entry.key();
  }
}

TEST(Names, BackboneHasTorchvisions) {
  std::set<std::string> names;
  for (const std::string& name : names_of(*build_model(options_of("deeplabv3plus"), kClasses)))
    if (name.starts_with("backbone.")) names.insert(name);
  EXPECT_EQ(names, torchvision_resnet18());
}

TEST(Names, DeepLabV3HasTorchvisions) {
  ModelOptions options = options_of("deeplabv3");
  options.auxiliary = true;
  std::set<std::string> expected = torchvision_resnet18();
  for (int i = 0; i < 4; ++i) {
    const std::string at = "classifier.0.convs." + std::to_string(i);
    add_conv_and_norm(expected, at + ".0", at + ".1");
  }
  add_conv_and_norm(expected, "classifier.0.convs.4.1", "classifier.0.convs.4.2");
  add_conv_and_norm(expected, "classifier.0.project.0", "classifier.0.project.1");
  add_conv_and_norm(expected, "classifier.1", "classifier.2");
  add_conv_and_norm(expected, "aux_classifier.0", "aux_classifier.1");
  for (const char* name : {"classifier.4.weight", "classifier.4.bias", "aux_classifier.4.weight", "aux_classifier.4.bias"}) expected.insert(name);
  EXPECT_EQ(names_of(*build_model(options, kClasses)), expected);
}

TEST(Names, DeepLabV3PlusHasThePublished) {
  std::set<std::string> expected = torchvision_resnet18();
  for (int i = 1; i <= 4; ++i) {
    const std::string at = "aspp.aspp" + std::to_string(i);
    add_conv_and_norm(expected, at + ".atrous_conv", at + ".bn");
  }
  add_conv_and_norm(expected, "aspp.global_avg_pool.1", "aspp.global_avg_pool.2");
  add_conv_and_norm(expected, "aspp.conv1", "aspp.bn1");
  add_conv_and_norm(expected, "decoder.conv1", "decoder.bn1");
  add_conv_and_norm(expected, "decoder.last_conv.0", "decoder.last_conv.1");
  add_conv_and_norm(expected, "decoder.last_conv.4", "decoder.last_conv.5");
  expected.insert("decoder.last_conv.8.weight");
  expected.insert("decoder.last_conv.8.bias");
  EXPECT_EQ(names_of(*build_model(options_of("deeplabv3plus"), kClasses)), expected);
}

TEST(Names, ClassLayersHaveOneOutputAClass) {
  for (const std::string& arch : architecture_names()) {
    ModelOptions options = options_of(arch);
    options.auxiliary = true;
    const auto model = build_model(options, kClasses);
    const State state = model_state(*model);
    ASSERT_EQ(model->class_layers().size(), 2U);
    for (const std::string& layer : model->class_layers()) EXPECT_EQ(state.at(layer + ".bias").sizes(), std::vector<std::int64_t>{kClasses});
  }
}

TEST(Parameters, BackbonesHaveThePublishedCounts) {
  // torchvision's totals less the 1000-class layer; 18.4 million is the recall-loss paper's "resnet18".
  const std::map<std::string, std::int64_t> expected = {
      {"resnet18", 11689512 - 513000},   {"resnet34", 21797672 - 513000},  {"resnet50", 25557032 - 2049000},
      {"resnet101", 44549160 - 2049000}, {"resnet18_published", 18408768}, {"efficientnet_lite0", 4652008 - 1281000 - 320 * 1280 - 2 * 1280}};
  for (const std::string& name : backbone_names()) {
    const auto model = build_model(options_of("deeplabv3plus", name), kClasses);
    EXPECT_EQ(count_parameters(*model, "backbone."), expected.at(name)) << name;
  }
}

TEST(Parameters, DeepLabV3MatchesTorchvision) {
  ModelOptions options = options_of("deeplabv3", "resnet50", 8);
  options.auxiliary = true;
  EXPECT_EQ(count_parameters(*build_model(options, 21)), 42004074);  // deeplabv3_resnet50
}

std::int64_t count_at_width(const std::string& arch, double width) {
  ModelOptions options = options_of(arch);
  options.auxiliary = true;
  options.width = width;
  return count_parameters(*build_model(options, kClasses));
}

TEST(Width, ParametersShrinkWithItsSquare) {
  for (const std::string& arch : architecture_names()) {
    EXPECT_NEAR(static_cast<double>(count_at_width(arch, 1)) / static_cast<double>(count_at_width(arch, 0.5)), 4.0, 0.1) << arch;
    EXPECT_NEAR(static_cast<double>(count_at_width(arch, 1)) / static_cast<double>(count_at_width(arch, 0.25)), 16.0, 0.8) << arch;
  }
}

TEST(Width, OneHasThePublishedChannels) {
  const State state = model_state(*build_model(options_of("deeplabv3plus"), kClasses));
  const auto shape = [&](const std::string& name) { return state.at(name + ".weight").sizes().vec(); };
  EXPECT_THAT(shape("backbone.conv1"), testing::ElementsAre(64, 3, 7, 7));
  EXPECT_THAT(shape("backbone.layer4.1.conv2"), testing::ElementsAre(512, 512, 3, 3));
  EXPECT_THAT(shape("aspp.conv1"), testing::ElementsAre(256, 1280, 1, 1));
  EXPECT_THAT(shape("decoder.conv1"), testing::ElementsAre(48, 64, 1, 1));
  EXPECT_THAT(shape("decoder.last_conv.0"), testing::ElementsAre(256, 304, 3, 3));
}

TEST(Width, AnyNetworkGivesLogits) {
  const torch::NoGradGuard no_grad;
  for (const auto& [arch, backbone] : test::networks({"resnet18", "resnet50", "efficientnet_lite0"}))
    for (const double width : {0.0625, 0.3}) {
      ModelOptions options = options_of(arch, backbone);
      options.width = width;
      const auto model = build_model(options, kClasses);
      model->eval();
      EXPECT_EQ(model->forward(torch::randn({1, 3, 32, 48})).logits.size(1), kClasses) << arch << " " << backbone << " " << width;
    }
}

TEST(Shapes, OutputStride8DoublesTheLastMap) {
  const torch::NoGradGuard no_grad;
  const auto model = build_model(options_of("deeplabv3", "resnet18", 8), kClasses);
  model->eval();
  EXPECT_EQ(model->forward(torch::randn({1, 3, 45, 70})).logits.sizes(), (std::vector<std::int64_t>{1, kClasses, 6, 9}));
}

TEST(Shapes, OnePixelIsEnough) {
  const torch::NoGradGuard no_grad;
  for (const std::string& arch : architecture_names()) {
    const auto model = build_model(options_of(arch), kClasses);
    model->eval();
    EXPECT_EQ(model->forward(torch::randn({1, 3, 1, 1})).logits.sizes(), (std::vector<std::int64_t>{1, kClasses, 1, 1})) << arch;
  }
}

TEST(Shapes, AuxiliaryIsAtTheThirdStage) {
  ModelOptions options = options_of("deeplabv3plus");
  options.auxiliary = true;
  const auto model = build_model(options, kClasses);
  EXPECT_EQ(model->forward(torch::randn({2, 3, 32, 48})).auxiliary.sizes(), (std::vector<std::int64_t>{2, kClasses, 2, 3}));
}

// A dilated network sees at each pixel that the strided one keeps exactly what that one sees: ImageNet weights stay valid.
class Dilation : public testing::TestWithParam<ResNetShape> {};

INSTANTIATE_TEST_SUITE_P(Blocks, Dilation,
                         testing::Values(ResNetShape{.bottleneck = false, .blocks = {1, 1, 2, 2}},
                                         ResNetShape{.bottleneck = true, .blocks = {1, 1, 1, 2}}));

TEST_P(Dilation, KeepsTheStridedNetworksValues) {
  const torch::NoGradGuard no_grad;
  ResNet coarse(GetParam(), 16);
  ResNet fine(GetParam(), 8);
  load_state_exact(*fine, model_state(*coarse), "coarse");
  coarse->eval();
  fine->eval();
  const torch::Tensor images = torch::randn({1, 3, 72, 65});
  using torch::indexing::None;
  using torch::indexing::Slice;
  const torch::Tensor kept = fine->forward(images).high.index({Slice(), Slice(), Slice(None, None, 2), Slice(None, None, 2)});
  EXPECT_TRUE(torch::allclose(kept, coarse->forward(images).high, 1e-4, 1e-4));
}

TEST(Dilation, PublishedVariantHasAMultiGrid) {
  ResNet backbone(ResNetShape{.bottleneck = true, .blocks = {2, 2, 2, 3}, .multi_grid = true}, 16);
  std::vector<std::int64_t> dilations;
  for (const auto& entry : backbone->named_modules())
    if (entry.key().starts_with("layer4.") && entry.key().ends_with(".conv2"))
      dilations.push_back(entry.value()->as<torch::nn::Conv2d>()->options.dilation()->at(0));
  EXPECT_THAT(dilations, testing::ElementsAre(2, 4, 8));
}

// What the trainer relies on for speed: nothing inside falls back to channels-first or float32.
TEST(Layout, Bfloat16ChannelsLastGoesThrough) {
  prepare_bfloat16();
  for (const std::string& arch : architecture_names()) {
    const auto model = build_model(options_of(arch), kClasses);
    model->to(torch::kBFloat16);
    const torch::Tensor images = torch::randn({2, 3, 48, 48}).to(torch::kBFloat16).contiguous(torch::MemoryFormat::ChannelsLast);
    const torch::Tensor logits = model->forward(images).logits;
    EXPECT_EQ(logits.scalar_type(), torch::kBFloat16) << arch;
    EXPECT_TRUE(logits.is_contiguous(torch::MemoryFormat::ChannelsLast)) << arch;
  }
}

TEST(Options, AlignCornersChangesTheDecoder) {
  const torch::NoGradGuard no_grad;
  ModelOptions options = options_of("deeplabv3plus");
  const auto half_pixel = build_model(options, kClasses);
  options.align_corners = true;
  const auto corners = build_model(options, kClasses);
  load_state_exact(*corners, model_state(*half_pixel), "half pixel");
  half_pixel->eval();
  corners->eval();
  const torch::Tensor images = torch::randn({1, 3, 48, 48});
  EXPECT_FALSE(torch::allclose(half_pixel->forward(images).logits, corners->forward(images).logits));
}

TEST(Options, RatesFollowTheOutputStride) {
  const auto rate = [](std::int64_t output_stride) {
    const auto model = build_model(options_of("deeplabv3", "resnet18", output_stride), kClasses);
    return model->named_modules("", false)["classifier.0.convs.3.0"]->as<torch::nn::Conv2d>()->options.dilation()->at(0);
  };
  EXPECT_EQ(rate(16), 18);
  EXPECT_EQ(rate(8), 36);
}

TEST(Options, NoDropoutMakesTrainingRepeatable) {
  ModelOptions options = options_of("deeplabv3plus");
  options.dropout = 0.0;
  const auto model = build_model(options, kClasses);
  const torch::Tensor images = torch::randn({2, 3, 33, 33});
  EXPECT_TRUE(torch::equal(model->forward(images).logits, model->forward(images).logits));
}

TEST(Options, TheSameSeedDrawsTheSameWeights) {
  const auto draw = [] {
    torch::manual_seed(3);
    return model_state(*build_model(options_of("deeplabv3plus"), kClasses));
  };
  const State first = draw();
  for (const auto& [name, tensor] : draw()) EXPECT_TRUE(torch::equal(tensor, first.at(name))) << name;
}

void expect_refused(const ModelOptions& options, const std::string& words) {
  try {
    check_model(options);
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kConfiguration);
    EXPECT_THAT(error.what(), testing::HasSubstr(words));
    EXPECT_FALSE(error.hint.empty());
  }
}

TEST(Options, UnknownNamesAndValuesAreRefused) {
  expect_refused(options_of("unet"), "unet");
  expect_refused(options_of("deeplabv3", "vgg"), "vgg");
  expect_refused(options_of("deeplabv3", "resnet18", 12), "12");
  ModelOptions rates = options_of("deeplabv3");
  rates.aspp_rates = {1, 2};
  expect_refused(rates, "aspp_rates");
  ModelOptions both = options_of("deeplabv3");
  both.pretrained = both.init_from = "x";
  expect_refused(both, "init_from");
}

TEST(BatchNorm, OneImageIsRefusedAndTwoAreNot) {
  EXPECT_NO_THROW(check_batch_norm(ModelOptions{}, 2, 16, 16));
  try {
    check_batch_norm(ModelOptions{}, 1, 256, 320);
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kConfiguration);
    EXPECT_THAT(error.what(), testing::HasSubstr("256x320"));
    EXPECT_THAT(error.hint, testing::HasSubstr("train.batch_size"));
  }
}

TEST(BatchNorm, TwoOfTheSmallestImagesTrain) {
  const auto model = build_model(options_of("deeplabv3plus"), kClasses);
  EXPECT_TRUE(model->forward(torch::randn({2, 3, 8, 8})).logits.isfinite().all().item<bool>());
}

}  // namespace
}  // namespace seg
