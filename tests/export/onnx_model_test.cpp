#include "export/onnx_model.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <onnx/checker.h>
#include <onnx/shape_inference/implementation.h>

#include <map>

#include "base/error.hpp"
#include "exported.hpp"
#include "support/networks.hpp"

namespace seg::test {
namespace {

std::string shape_of(const onnx::ValueInfoProto& value) {
  std::string text;
  for (const auto& dimension : value.type().tensor_type().shape().dim())
    text += (dimension.has_dim_value() ? std::to_string(dimension.dim_value()) : dimension.dim_param()) + " ";
  return text;
}

std::string metadata(const onnx::ModelProto& model, const std::string& key) {
  for (const auto& entry : model.metadata_props())
    if (entry.key() == key) return entry.value();
  return {};
}

class OnnxModelTest : public testing::Test {
 protected:
  RandomNetwork network_{NetworkCase{"deeplabv3plus", 16}};
};

TEST_F(OnnxModelTest, LeavesBatchAndSizeFree) {
  const onnx::ModelProto model = network_.exported();
  ASSERT_EQ(model.graph().input_size(), 1);
  EXPECT_EQ(model.graph().input(0).name(), "image");
  EXPECT_EQ(shape_of(model.graph().input(0)), "N 3 H W ");
  EXPECT_EQ(model.graph().output(0).name(), "logits");
  EXPECT_EQ(shape_of(model.graph().output(0)), "N 4 H W ");
  EXPECT_GE(model.opset_import(0).version(), 13);
}

TEST_F(OnnxModelTest, FixesTheSizeButNotTheBatch) {
  const onnx::ModelProto model = network_.exported({.size = {64, 96}});
  EXPECT_EQ(shape_of(model.graph().input(0)), "N 3 64 96 ");
  EXPECT_EQ(shape_of(model.graph().output(0)), "N 4 64 96 ");
}

TEST_F(OnnxModelTest, LabelsAreWholeNumbers) {
  const onnx::ModelProto model = network_.exported({.labels = true});
  EXPECT_EQ(model.graph().output(0).name(), "labels");
  EXPECT_EQ(shape_of(model.graph().output(0)), "N H W ");
  EXPECT_EQ(model.graph().output(0).type().tensor_type().elem_type(), onnx::TensorProto::INT64);
}

TEST_F(OnnxModelTest, CarriesTheClasses) {
  const auto classes = nlohmann::json::parse(metadata(network_.exported(), "classes"));
  ASSERT_EQ(classes.size(), kSomeClasses.size());
  EXPECT_EQ(classes[1].at("name"), "Car \"red\"");
  EXPECT_EQ(classes[1].at("color"), nlohmann::json({200, 0, 0}));
  EXPECT_EQ(classes[1].at("id"), 26);
}

TEST_F(OnnxModelTest, SaysWhatSizeImagesWereResizedTo) {
  EXPECT_THAT(metadata(network_.exported({.resized = {360, 480}}), "input"), testing::HasSubstr("360x480"));
  EXPECT_THAT(metadata(network_.exported(), "input"), Not(testing::HasSubstr("resized")));
}

TEST_F(OnnxModelTest, ShapeInferenceFollowsTheNetwork) {
  onnx::ModelProto model = network_.exported({.size = {50, 70}});
  onnx::shape_inference::InferShapes(model, onnx::OpSchemaRegistry::Instance(), {true, 1, true});
  std::map<std::string, std::string> shapes;
  for (const auto& value : model.graph().value_info()) shapes[value.name()] = shape_of(value);
  EXPECT_EQ(shapes["backbone.layer1.1.relu"], "N 64 13 18 ");
  EXPECT_EQ(shapes["backbone.layer4.1.relu"], "N 512 4 5 ");  // stride 16, rounded up
}

TEST_F(OnnxModelTest, AnUnknownArchitectureIsRefused) {
  class OtherModel : public Model {
   public:
    ModelOutput forward(const torch::Tensor& images) override { return {images, {}}; }
    std::vector<std::string> class_layers() const override { return {}; }
  };
  const auto other = std::make_shared<OtherModel>();
  EXPECT_THROW(onnx_model(*other, {}, kSomeClasses, {}), Error);
}

class EveryNetwork : public testing::TestWithParam<std::pair<std::string, std::string>> {};

TEST_P(EveryNetwork, PassesTheChecker) {
  const auto& [arch, backbone] = GetParam();
  ModelOptions options;
  options.arch = arch;
  for (const std::int64_t stride : {8, 16}) {
    if (stride != options.output_stride && !has_backbone(options)) continue;
    const onnx::ModelProto model = RandomNetwork({.arch = arch, .output_stride = stride, .backbone = backbone, .width = 0.125}).exported();
    EXPECT_NO_THROW(onnx::checker::check_model(model));
  }
}

INSTANTIATE_TEST_SUITE_P(Registry, EveryNetwork, testing::ValuesIn(networks(backbone_names())));

}  // namespace
}  // namespace seg::test
