// Exported networks in OpenCV's DNN module, which wants a fixed size.
#include <gmock/gmock.h>
#include <opencv2/dnn.hpp>

#include "exported.hpp"
#include "ops/upsample.hpp"
#include "predict/inference.hpp"

namespace seg::test {
namespace {

class InOpenCv : public testing::TestWithParam<NetworkCase> {};

/// u8 [1,H,W] by OpenCV.
torch::Tensor predicted_by_opencv(const onnx::ModelProto& model, const torch::Tensor& image) {
  const std::string bytes = model.SerializeAsString();
  cv::dnn::Net net = cv::dnn::readNetFromONNX(bytes.data(), bytes.size());
  torch::Tensor input = network_input(image);
  const std::vector<int> shape(input.sizes().begin(), input.sizes().end());
  net.setInput(cv::Mat(shape, CV_32F, input.data_ptr()));
  const cv::Mat logits = net.forward();
  const std::vector<std::int64_t> sizes(logits.size.p, logits.size.p + logits.dims);
  return torch::from_blob(logits.data, sizes).argmax(1);
}

TEST_P(InOpenCv, AgreesWithOurPrediction) {
  const RandomNetwork network(GetParam());
  const torch::Tensor image = RandomNetwork::images(1, {64, 96});
  const torch::Tensor ours = network.predict(image);
  ASSERT_GE(classes_seen(ours), 3);
  EXPECT_GE(agreement(ours, predicted_by_opencv(network.exported({.size = {64, 96}}), image)), 0.999);
}

// At stride 2 an even size has its odd pixel of padding behind, an odd one none.
TEST(OddSizesInOpenCv, AreBothPaddedByTheirSize) {
  const RandomNetwork network(NetworkCase{"deeplabv3plus", 16, false, "efficientnet_lite0"});
  const torch::Tensor image = RandomNetwork::images(1, {69, 98});
  EXPECT_GE(agreement(network.predict(image), predicted_by_opencv(network.exported({.size = {69, 98}}), image)), 0.999);
}

TEST(AdjustedInOpenCv, AgreesWithOurAdjustedPrediction) {
  const RandomNetwork network(NetworkCase{.arch = "deeplabv3plus", .output_stride = 16, .width = 0.125});
  const torch::Tensor image = RandomNetwork::images(1, {64, 96});
  const torch::Tensor shift = logit_shift(0.05, {500, 300, 150, 50});
  const torch::Tensor plain = network.predict(image), ours = predict_labels(shifted(network.logits(image), shift), 64, 96, false);
  ASSERT_LT(agreement(ours, plain), 0.999);
  EXPECT_GE(agreement(ours, predicted_by_opencv(network.exported({.size = {64, 96}, .shift = shift}), image)), 0.999);
}

INSTANTIATE_TEST_SUITE_P(Networks, InOpenCv,
                         testing::Values(NetworkCase{"deeplabv3plus", 16}, NetworkCase{"deeplabv3plus", 8}, NetworkCase{"deeplabv3", 16},
                                         NetworkCase{"deeplabv3", 8}, NetworkCase{"deeplabv3plus", 16, true},
                                         NetworkCase{"deeplabv3plus", 16, true, "resnet18_published", ChannelOrder::kBgr},
                                         NetworkCase{"deeplabv3plus", 16, false, "efficientnet_lite0", ChannelOrder::kBgr},
                                         NetworkCase{"deeplabv3", 8, false, "efficientnet_lite0"},
                                         NetworkCase{.arch = "deeplabv3plus", .output_stride = 16, .width = 0.125},
                                         NetworkCase{.arch = "deeplabv3", .output_stride = 16, .width = 0.125},
                                         NetworkCase{.arch = "ddrnet23_slim", .output_stride = 16, .width = 0.5},
                                         NetworkCase{"ddrnet23_slim", 16, true, "resnet18", ChannelOrder::kBgr, 0.25}));

}  // namespace
}  // namespace seg::test
