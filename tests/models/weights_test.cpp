#include "models/weights.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"
#include "core/state.hpp"
#include "core/tensor_io.hpp"
#include "support/pth_writer.hpp"
#include "support/support.hpp"
#include "tensor_files/safetensors.hpp"

namespace seg {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ModelOptions resnet18(const std::string& arch = "deeplabv3plus") {
  ModelOptions options;
  options.arch = arch;
  return options;
}

/// Runs `body`, which must fail on weights that do not fit, and returns what it says.
std::string storage_error(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind, ErrorKind::kStorage);
    EXPECT_FALSE(error.hint.empty());
    return error.what();
  }
  ADD_FAILURE() << "accepted";
  return {};
}

void expect_same(const State& a, const State& b, const std::string& prefix = {}) {
  for (const auto& [name, tensor] : a) {
    if (name.starts_with(prefix)) {
      EXPECT_TRUE(torch::equal(tensor, b.at(name))) << name;
    }
  }
}

/// The pickled tensor of each weight, and its bytes among the storages.
std::vector<std::pair<std::string, std::string>> pickled_state(const State& state, std::map<std::string, std::string>& storages) {
  std::vector<std::pair<std::string, std::string>> items;
  for (const auto& [name, tensor] : to_host(state)) {
    const std::string key = std::to_string(storages.size());
    storages.emplace(key, std::string(static_cast<const char*>(tensor.data_ptr()), tensor.nbytes()));
    const std::string type = tensor.scalar_type() == torch::kInt64 ? "LongStorage" : "FloatStorage";
    items.emplace_back(name, test::pickled::tensor({key, tensor.numel(), tensor.sizes().vec(), tensor.strides().vec(), 0, type}));
  }
  return items;
}

/// Two models with different random weights and one folder.
class Weights : public testing::Test {
 protected:
  std::string save(const State& state) {
    const auto path = folder_ / "weights.safetensors";
    write_safetensors(path, tensor_views(to_host(state)), {});
    return path.string();
  }

  /// As torch.save writes a whole network, or the checkpoint of a training that holds it under `key`.
  std::string save_pth(const State& state, const std::string& key = {}) {
    namespace pickled = test::pickled;
    std::map<std::string, std::string> storages;
    std::string value = pickled::ordered_dict(pickled_state(state, storages));
    if (!key.empty()) value = pickled::dict({{"epoch", pickled::number(3)}, {key, value}, {"optimizer", pickled::dict({{"state", "}"}})}});
    test::write_pth(folder_ / "weights.pth", pickled::program(value), storages);
    return (folder_ / "weights.pth").string();
  }

  /// The source's backbone as torchvision names it, with its ImageNet classifier.
  State imagenet() {
    State state;
    for (const auto& [name, tensor] : model_state(*source_))
      if (name.starts_with("backbone.")) state.emplace(name.substr(9), tensor);
    state.emplace("fc.weight", torch::zeros({10, 512}));
    state.emplace("fc.bias", torch::zeros({10}));
    return state;
  }

  ModelOptions options_ = resnet18();
  std::shared_ptr<Model> source_ = build_model(options_, 5);
  std::shared_ptr<Model> target_ = build_model(options_, 5);
  test::TemporaryFolder folder_;
};

TEST_F(Weights, NothingSetLoadsNothing) { EXPECT_FALSE(load_initial_weights(*target_, options_).has_value()); }

TEST_F(Weights, StateGoesThroughAFile) {
  load_state_exact(*target_, read_tensors(SafetensorsFile(save(model_state(*source_)))), "file");
  expect_same(model_state(*source_), model_state(*target_));
}

TEST_F(Weights, PretrainedTakesTorchvisionNames) {
  options_.pretrained = save(imagenet());
  const auto report = load_initial_weights(*target_, options_);
  EXPECT_EQ(report->loaded.size(), 120U);
  EXPECT_THAT(report->unexpected, IsEmpty());
  EXPECT_THAT(report->unused, ElementsAre("backbone.fc.bias", "backbone.fc.weight"));
  expect_same(model_state(*source_), model_state(*target_), "backbone.");
}

TEST_F(Weights, PretrainedTakesPyTorchFilesWhateverTheirName) {
  const std::filesystem::path renamed = folder_ / "resnet18.safetensors";
  std::filesystem::rename(save_pth(imagenet()), renamed);
  options_.pretrained = renamed.string();
  EXPECT_EQ(load_initial_weights(*target_, options_)->loaded.size(), 120U);
  expect_same(model_state(*source_), model_state(*target_), "backbone.");
}

TEST_F(Weights, PretrainedTakesTheBackboneOfACheckpoint) {
  options_.pretrained = save(with_prefix(model_state(*source_), "model."));
  const auto report = load_initial_weights(*target_, options_);
  EXPECT_EQ(report->loaded.size(), 120U);
  EXPECT_THAT(report->unused, Contains("decoder.conv1.weight"));
  EXPECT_THAT(describe(*report), HasSubstr("not used       " + std::to_string(report->unused.size()) + ": aspp.aspp1.atrous_conv.weight, "));
  EXPECT_THAT(describe(*report), HasSubstr(" and " + std::to_string(report->unused.size() - 8) + " more"));
}

TEST_F(Weights, ABackboneAloneIsNoNetworkToStartFrom) {
  options_.init_from = save_pth(imagenet());
  EXPECT_THAT(storage_error([&] { load_initial_weights(*target_, options_); }), HasSubstr("only the weights of a backbone"));
}

TEST_F(Weights, ThePublishedCheckpointFitsTheBottleneckVariant) {
  options_.backbone = "resnet18_published";
  const auto source = build_model(options_, 16);
  const auto target = build_model(options_, 16);
  options_.init_from = save_pth(with_prefix(model_state(*source), "module."), "model_state");
  const auto report = load_initial_weights(*target, options_);
  EXPECT_THAT(report->unexpected, IsEmpty());
  EXPECT_THAT(report->missing, IsEmpty());
  EXPECT_EQ(report->loaded.size(), model_state(*target).size());
  expect_same(model_state(*source), model_state(*target));
  options_.pretrained = std::exchange(options_.init_from, "");
  const auto other_classes = build_model(options_, 11);
  load_initial_weights(*other_classes, options_);
  expect_same(model_state(*source), model_state(*other_classes), "backbone.");
}

TEST_F(Weights, ASecondHeadThatTheNetworkLacksIsUnused) {
  ModelOptions with_second = resnet18("deeplabv3");
  with_second.auxiliary = true;
  options_ = resnet18("deeplabv3");
  options_.init_from = save_pth(model_state(*build_model(with_second, 5)));
  const auto report = load_initial_weights(*build_model(options_, 5), options_);
  EXPECT_EQ(report->unused.size(), 8U);
  EXPECT_THAT(report->unused, Contains("aux_classifier.4.weight"));
  with_second.init_from = options_.init_from;
  EXPECT_THAT(load_initial_weights(*build_model(with_second, 5), with_second)->unused, IsEmpty());
}

TEST_F(Weights, PretrainedMayLackBatchCounters) {
  State state = imagenet();
  std::erase_if(state, [](const auto& entry) { return entry.first.ends_with("num_batches_tracked"); });
  options_.pretrained = save(state);
  const auto report = load_initial_weights(*target_, options_);
  EXPECT_EQ(report->loaded.size(), 100U);
  EXPECT_THAT(report->missing, IsEmpty());
}

TEST_F(Weights, PretrainedTakesTheBackboneOfAWholeNetwork) {
  options_.pretrained = save(model_state(*source_));
  EXPECT_EQ(load_initial_weights(*target_, options_)->loaded.size(), 120U);
}

TEST_F(Weights, HalfPrecisionIsConverted) {
  State state = imagenet();
  for (auto& [name, tensor] : state)
    if (tensor.is_floating_point()) tensor = tensor.to(torch::kBFloat16);
  options_.pretrained = save(state);
  load_initial_weights(*target_, options_);
  EXPECT_TRUE(torch::equal(model_state(*target_).at("backbone.conv1.weight"), state.at("conv1.weight").to(torch::kFloat32)));
}

TEST_F(Weights, DifferencesAreListedAndNothingIsLoaded) {
  State state = imagenet();
  state.erase("layer1.0.conv1.weight");
  state.emplace("layer5.weight", torch::zeros({1}));
  state["conv1.weight"] = torch::zeros({64, 3, 3, 3});
  options_.pretrained = save(state);
  const torch::Tensor before = model_state(*target_).at("backbone.bn1.weight").clone();
  state["bn1.weight"].zero_();
  const std::string text = storage_error([&] { load_initial_weights(*target_, options_); });
  EXPECT_THAT(text, HasSubstr("1 missing (backbone.layer1.0.conv1.weight)"));
  EXPECT_THAT(text, HasSubstr("1 unexpected (backbone.layer5.weight)"));
  EXPECT_THAT(text, HasSubstr("backbone.conv1.weight: [64,3,3,3] in the file, [64,3,7,7] in the network"));
  EXPECT_TRUE(torch::equal(model_state(*target_).at("backbone.bn1.weight"), before));
}

TEST_F(Weights, ThoseOfAnotherWidthAreRefusedWithWhatToSet) {
  options_.pretrained = save(imagenet());
  options_.width = 0.125;
  const auto narrow = build_model(options_, 5);
  try {
    load_initial_weights(*narrow, options_);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("backbone.conv1.weight: [64,3,7,7] in the file, [8,3,7,7] in the network"));
    EXPECT_THAT(error.hint, HasSubstr("model.width"));
  }
}

TEST_F(Weights, AllowedDifferencesAreReported) {
  State state = imagenet();
  state.erase("layer1.0.conv1.weight");
  state["conv1.weight"] = torch::zeros({64, 3, 3, 3});
  options_.pretrained = save(state);
  options_.allow_mismatch = {"backbone.conv1", "backbone.layer1.0"};
  const auto report = load_initial_weights(*target_, options_);
  EXPECT_THAT(report->missing, ElementsAre("backbone.layer1.0.conv1.weight"));
  EXPECT_THAT(report->mismatched, Contains(HasSubstr("backbone.conv1.weight")));
  EXPECT_THAT(describe(*report), HasSubstr("missing        1: backbone.layer1.0.conv1.weight"));
}

TEST_F(Weights, AveragedWeightsComeFirst) {
  State checkpoint = with_prefix(model_state(*target_), "model.");
  checkpoint.merge(with_prefix(model_state(*source_), "ema."));
  checkpoint.emplace("optimizer.step", torch::zeros({1}));
  options_.init_from = save(checkpoint);
  EXPECT_THAT(load_initial_weights(*target_, options_)->unexpected, IsEmpty());
  expect_same(model_state(*source_), model_state(*target_));
}

TEST_F(Weights, AveragesOfParametersAloneKeepTheModelsBuffers) {
  State checkpoint = with_prefix(model_state(*source_), "model.");
  checkpoint.emplace("ema.backbone.bn1.weight", torch::full({64}, 3.0F));
  options_.init_from = save(checkpoint);
  load_initial_weights(*target_, options_);
  EXPECT_EQ(model_state(*target_).at("backbone.bn1.weight")[0].item<float>(), 3.0F);
  expect_same(model_state(*source_), model_state(*target_), "decoder.");
}

TEST_F(Weights, OtherClassesReinitializeTheClassLayersAlone) {
  options_.init_from = save(with_prefix(model_state(*source_), "model."));
  const auto wider = build_model(options_, 9);
  const auto report = load_initial_weights(*wider, options_);
  EXPECT_THAT(report->reinitialized, ElementsAre("decoder.last_conv.8.bias", "decoder.last_conv.8.weight"));
  EXPECT_EQ(report->loaded.size(), model_state(*wider).size() - 2);
  EXPECT_THAT(describe(*report), HasSubstr("re-initialised 2: decoder.last_conv.8.bias"));
}

TEST_F(Weights, AsManyOtherClassesReinitializeToo) {
  options_.init_from = save(model_state(*source_));
  EXPECT_EQ(load_initial_weights(*target_, options_, /*same_classes=*/false)->reinitialized.size(), 2U);
  EXPECT_FALSE(torch::equal(model_state(*target_).at("decoder.last_conv.8.weight"), model_state(*source_).at("decoder.last_conv.8.weight")));
}

TEST_F(Weights, AnotherArchitectureIsRefused) {
  options_.init_from = save(model_state(*source_));
  const auto other = build_model(resnet18("deeplabv3"), 5);
  const std::string text = storage_error([&] { load_initial_weights(*other, options_); });
  EXPECT_THAT(text, HasSubstr("missing (classifier.0.convs.0.0.weight, "));
  EXPECT_THAT(text, HasSubstr("unexpected (aspp.aspp1.atrous_conv.weight, "));
}

TEST_F(Weights, ExactLoadingRefusesTypesAndMissingCounters) {
  State state = model_state(*source_);
  state.erase("backbone.bn1.num_batches_tracked");
  state["backbone.bn1.weight"] = state["backbone.bn1.weight"].to(torch::kFloat64);
  const std::string text = storage_error([&] { load_state_exact(*target_, state, "last.safetensors"); });
  EXPECT_THAT(text, HasSubstr("last.safetensors"));
  EXPECT_THAT(text, HasSubstr("backbone.bn1.num_batches_tracked"));
  EXPECT_THAT(text, HasSubstr("backbone.bn1.weight: [64] F64 in the file, [64] F32 in the network"));
}

}  // namespace
}  // namespace seg
