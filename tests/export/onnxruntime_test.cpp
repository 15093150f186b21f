// Exported networks in ONNX Runtime, where scripts/setup.sh --onnxruntime has installed it.
#include <gmock/gmock.h>

#include "exported.hpp"
#include "support/process.hpp"

namespace seg::test {
namespace {

std::string python() { return repository_file("build/venv-onnxruntime/bin/python").string(); }

bool has_onnxruntime() {
  static const bool found = run_program({python(), "-c", "import onnxruntime"}).exit_code == 0;
  return found;
}

class InOnnxRuntime : public testing::TestWithParam<std::tuple<NetworkCase, Size>> {
 protected:
  void SetUp() override {
    if (has_onnxruntime()) return;
    const char* missing = "ONNX Runtime is missing; scripts/setup.sh --onnxruntime installs it";
    ASSERT_FALSE(requires_all()) << missing;
    GTEST_SKIP() << missing;
  }

  /// The raw output for images u8 [N,H,W,3].
  std::string output_of(const onnx::ModelProto& model, const torch::Tensor& images) {
    const torch::Tensor input = network_input(images);
    write_text(folder_ / "model.onnx", model.SerializeAsString());
    write_text(folder_ / "input", std::string(static_cast<const char*>(input.data_ptr()), input.nbytes()));
    std::string shape;
    for (const std::int64_t size : input.sizes()) shape += (shape.empty() ? "" : ",") + std::to_string(size);
    const ProgramResult result = run_program({python(), repository_file("tests/export/run_onnx.py").string(), (folder_ / "model.onnx").string(),
                                              (folder_ / "input").string(), shape, (folder_ / "output").string()});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.exit_code == 0 ? read_text(folder_ / "output") : std::string();
  }

  TemporaryFolder folder_;
};

TEST_P(InOnnxRuntime, LabelsAgreeWithOurPrediction) {
  const auto& [wanted, size] = GetParam();
  const RandomNetwork network(wanted);
  const torch::Tensor images = RandomNetwork::images(2, size);
  const torch::Tensor ours = network.predict(images);
  ASSERT_GE(classes_seen(ours), 3);
  std::string bytes = output_of(network.exported({.labels = true}), images);
  ASSERT_EQ(bytes.size(), ours.numel() * sizeof(std::int64_t));
  EXPECT_GE(agreement(ours, torch::from_blob(bytes.data(), ours.sizes(), torch::kInt64)), 0.999);
}

TEST_P(InOnnxRuntime, LogitsAgreeWithOurPrediction) {
  const auto& [wanted, size] = GetParam();
  const RandomNetwork network(wanted);
  const torch::Tensor images = RandomNetwork::images(2, size);
  const torch::Tensor ours = network.predict(images);
  std::string bytes = output_of(network.exported(), images);
  const auto classes = static_cast<std::int64_t>(kSomeClasses.size());
  ASSERT_EQ(bytes.size(), ours.numel() * kSomeClasses.size() * sizeof(float));
  const torch::Tensor logits = torch::from_blob(bytes.data(), {2, classes, size.height, size.width});
  EXPECT_GE(agreement(ours, logits.argmax(1)), 0.999);
}

INSTANTIATE_TEST_SUITE_P(Networks, InOnnxRuntime,
                         testing::Combine(testing::Values(NetworkCase{"deeplabv3plus", 16}, NetworkCase{"deeplabv3plus", 8},
                                                          NetworkCase{"deeplabv3", 16}, NetworkCase{"deeplabv3", 8},
                                                          NetworkCase{"deeplabv3plus", 16, true},
                                                          NetworkCase{"deeplabv3plus", 16, false, "efficientnet_lite0"},
                                                          NetworkCase{"deeplabv3", 8, true, "resnet18_published", ChannelOrder::kBgr},
                                                          NetworkCase{.arch = "ddrnet23_slim", .output_stride = 16, .width = 0.5},
                                                          NetworkCase{"ddrnet23_slim", 16, true, "resnet18", ChannelOrder::kBgr, 0.25}),
                                          testing::Values(Size{64, 96}, Size{97, 131})));

}  // namespace
}  // namespace seg::test
