// Weights to and from Python, where it has torch and torchvision (Debian: python3-torch, python3-torchvision).
#include <gmock/gmock.h>

#include <regex>

#include "base/error.hpp"
#include "core/state.hpp"
#include "core/tensor_io.hpp"
#include "models/backbones/resnet.hpp"
#include "models/weights.hpp"
#include "support/process.hpp"
#include "tensor_files/safetensors.hpp"

namespace seg {
namespace {

using test::ProgramResult;
using testing::ElementsAre;
using testing::HasSubstr;

/// The interpreter that has both; empty without one.
const std::string& python() {
  static const std::string found = [] {
    for (const char* candidate : {"python3", "/usr/bin/python3"})
      if (test::run_program({"/usr/bin/env", candidate, "-c", "import torch, torchvision"}).exit_code == 0) return std::string(candidate);
    return std::string();
  }();
  return found;
}

class WithPython : public testing::Test {
 protected:
  void SetUp() override {
    if (python().empty()) GTEST_SKIP() << "python3 has no torch and torchvision here; apt-get install python3-torch python3-torchvision";
  }

  ProgramResult run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"/usr/bin/env", "-C", folder_.path().string(), python()});
    return test::run_program(arguments);
  }

  void save_pth(const std::vector<std::string>& arguments = {}) {
    std::vector<std::string> all{test::repository_file("tests/models/save_pth.py").string(), "."};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const ProgramResult result = run(all);
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }

  State read(const std::string& file) { return read_weights((folder_ / file).string()); }

  /// Reads a file that must be refused, does what the hint says, and reads again.
  State read_converted(const std::string& file, const std::string& told) {
    std::smatch code;
    try {
      read(file);
      ADD_FAILURE() << file << " was accepted";
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr(told));
      EXPECT_TRUE(std::regex_search(error.hint, code, std::regex("python3 -c \"([^\"]*)\""))) << error.hint;
      std::filesystem::rename(folder_ / file, folder_ / "old.pth");
      const ProgramResult result = run({"-c", code[1]});
      if (result.exit_code != 0) throw std::runtime_error(result.err);
    }
    return read("new.pth");
  }

  test::TemporaryFolder folder_;
};

std::vector<std::string> keys(const State& state) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : state) names.push_back(name);
  return names;
}

TEST_F(WithPython, FilesOfTorchSaveAreReadWhateverTheLayout) {
  save_pth();
  const State state = read("tensors.pth");
  const torch::Tensor count = torch::arange(120);
  const torch::Tensor floats = count.to(torch::kFloat32);
  const State expected{{"plain", floats.view({2, 3, 4, 5})},
                       {"scalar", torch::tensor(7, torch::kInt64)},
                       {"half", count.to(torch::kFloat16)},
                       {"brain", count.to(torch::kBFloat16)},
                       {"double", count.to(torch::kFloat64)},
                       {"byte", count.to(torch::kUInt8)},
                       {"boolean", count.remainder(2).eq(0)},
                       {"empty", torch::empty({0, 3})},
                       {"view", floats.slice(0, 20, 30)},
                       {"transposed", floats.view({10, 12}).t()},
                       {"channels_last", floats.view({2, 3, 4, 5})},
                       {"strided", floats.view({10, 12}).slice(0, 1, 10, 3).slice(1, 2, 9, 2)},
                       {"parameter", floats}};
  EXPECT_EQ(keys(state), keys(expected));
  for (const auto& [name, tensor] : expected) {
    EXPECT_EQ(state.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(torch::equal(state.at(name), tensor)) << name;
  }
}

TEST_F(WithPython, CheckpointsAreReadAndOtherFilesConvertedByTheLineInTheHint) {
  save_pth();
  const std::vector<std::string> network{"conv.bias",         "conv.weight",      "norm.bias",  "norm.num_batches_tracked",
                                         "norm.running_mean", "norm.running_var", "norm.weight"};
  const State weights = read("checkpoint.pth");
  EXPECT_EQ(keys(weights), network);
  const State legacy = read("legacy.pth");
  EXPECT_EQ(keys(legacy), network);
  const State converted = read_converted("code.pth", "would have to run code: \"torch.nn.modules.container.Sequential\"");
  EXPECT_EQ(keys(converted), network);
  for (const auto& [name, tensor] : weights) {
    EXPECT_TRUE(torch::equal(tensor, converted.at(name))) << name;
    EXPECT_TRUE(torch::equal(tensor, legacy.at(name))) << name;
  }
}

TEST_F(WithPython, TorchvisionsDeepLabV3GivesTheSameLogitsHere) {
  save_pth({"deeplabv3"});
  ModelOptions options;
  options.arch = "deeplabv3";
  options.backbone = "resnet50";
  options.output_stride = 8;
  options.init_from = (folder_ / "deeplabv3.pth").string();
  const auto model = build_model(options, 4);
  const auto report = load_initial_weights(*model, options);
  EXPECT_EQ(report->loaded.size(), model_state(*model).size());
  EXPECT_EQ(report->unused.size(), 8U);  // aux_classifier
  model->eval();
  const torch::NoGradGuard no_gradient;
  const State theirs = read("logits.pth");
  const torch::Tensor logits = model->forward(theirs.at("input")).logits;
  const torch::Tensor ours = at::upsample_bilinear2d(logits, theirs.at("input").sizes().slice(2), false);
  EXPECT_LE((ours - theirs.at("logits")).abs().max().item<float>(), 1e-4 * theirs.at("logits").abs().max().item<float>());
}

TEST_F(WithPython, OurResNet18RunsInTorchvision) {
  const torch::NoGradGuard no_gradient;
  torch::manual_seed(4);
  ResNet backbone(ResNetShape{.bottleneck = false, .blocks = {2, 2, 2, 2}}, 16);
  for (const auto& module : backbone->modules())
    if (auto* norm = module->as<torch::nn::BatchNorm2d>()) {
      norm->running_mean.normal_(0.0, 0.2);
      norm->running_var.uniform_(0.5, 1.5);
      norm->weight.uniform_(0.5, 1.5);
    }
  backbone->eval();
  const torch::Tensor image = torch::randn({1, 3, 64, 96});
  const Features features = backbone->forward(image);
  write_safetensors(folder_ / "best.safetensors", tensor_views(with_prefix(model_state(*backbone), "model.backbone.")), {});
  write_safetensors(folder_ / "features.safetensors", tensor_views(to_host({{"input", image}, {"mid", features.mid}, {"high", features.high}})), {});
  const std::string script = test::repository_file("scripts/load_in_torchvision.py").string();
  const ProgramResult result = run({script, "best.safetensors", "--output", "resnet18.pth", "--compare", "features.safetensors"});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_THAT(result.out, HasSubstr("120 tensors"));
  EXPECT_THAT(result.out, HasSubstr("high: [1, 512, 2, 3]"));

  const State back = read("resnet18.pth");  // and from there to here again
  for (const auto& [name, tensor] : model_state(*backbone)) EXPECT_TRUE(torch::equal(tensor, back.at(name))) << name;

  backbone->named_parameters()["layer4.1.conv2.weight"].mul_(1.01);
  write_safetensors(folder_ / "other.safetensors", tensor_views(with_prefix(model_state(*backbone), "model.backbone.")), {});
  EXPECT_EQ(run({script, "other.safetensors", "--compare", "features.safetensors"}).exit_code, 1);
}

}  // namespace
}  // namespace seg
