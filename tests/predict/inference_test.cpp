#include "predict/inference.hpp"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>

#include "base/error.hpp"
#include "ops/upsample.hpp"

namespace seg {
namespace {

/// Logits are a fixed linear function of each pixel's colour, at stride 1: every averaging has a known result.
class ColorModel : public Model {
 public:
  ModelOutput forward(const torch::Tensor& images) override {
    torch::manual_seed(1);
    return {at::conv2d(images, torch::randn({4, 3, 1, 1})), {}};
  }
  std::vector<std::string> class_layers() const override { return {}; }
};

class InferenceTest : public testing::Test {
 protected:
  torch::Tensor predict(const EvalOptions& options, const torch::Tensor& images, Size target) {
    return Inference(model_, ModelOptions(), options, Compute()).predict(images, target);
  }

  ColorModel model_;
  torch::Tensor images_ = [] {
    torch::manual_seed(2);
    return torch::randint(0, 256, {3, 20, 30, 3}, torch::kUInt8);
  }();
};

TEST_F(InferenceTest, PlainPredictionIsTheArgMaxOfUpsampledLogits) {
  const Inference inference(model_, ModelOptions(), EvalOptions(), Compute());
  const torch::Tensor expected = upsample_logits(inference.logits(images_), 40, 50, false).argmax(1).to(torch::kUInt8);
  EXPECT_TRUE(torch::equal(inference.predict(images_, {40, 50}), expected));
}

TEST_F(InferenceTest, DoesNotDependOnTheBatch) {
  const torch::Tensor together = predict({}, images_, {20, 30});
  for (std::int64_t i = 0; i < 3; ++i) EXPECT_TRUE(torch::equal(predict({}, images_.narrow(0, i, 1), {20, 30})[0], together[i]));
}

TEST_F(InferenceTest, MirroringChangesNothingForAPointwiseModel) {
  EvalOptions flip;
  flip.flip = true;
  EXPECT_TRUE(torch::equal(predict(flip, images_, {20, 30}), predict({}, images_, {20, 30})));
}

TEST_F(InferenceTest, WindowsCoverTheImageSeamlessly) {
  EvalOptions windows;
  windows.window = {9, 13};
  EXPECT_TRUE(torch::equal(predict(windows, images_, {20, 30}), predict({}, images_, {20, 30})));
}

TEST_F(InferenceTest, AWindowLargerThanTheImageIsTheImage) {
  EvalOptions windows;
  windows.window = {90, 130};
  EXPECT_TRUE(torch::equal(predict(windows, images_, {20, 30}), predict({}, images_, {20, 30})));
}

TEST_F(InferenceTest, AveragesAsFullSizeProbabilitiesWould) {
  const torch::Tensor image = images_.narrow(0, 0, 1);
  const Inference plain(model_, ModelOptions(), EvalOptions(), Compute());
  const auto full = [&](const torch::Tensor& seen) { return upsample_logits(plain.logits(seen), 150, 47, false).softmax(1); };
  const torch::Tensor expected = (full(image) + full(image.flip(2)).flip(3)).argmax(1).to(torch::kUInt8);
  EvalOptions flip;
  flip.flip = true;
  EXPECT_TRUE(torch::equal(predict(flip, image, {150, 47}), expected));
  // Windows average at the image's own size; for a pointwise model that is the softmax there, resized.
  EvalOptions windows;
  windows.window = {9, 13};
  const torch::Tensor resized = upsample_logits(plain.logits(image).softmax(1), 150, 47, false).argmax(1).to(torch::kUInt8);
  EXPECT_TRUE(torch::equal(predict(windows, image, {150, 47}), resized));
}

TEST_F(InferenceTest, ProbabilitiesComeWithTheSameLabels) {
  const torch::Tensor image = images_.narrow(0, 0, 1);
  EvalOptions windows;
  windows.window = {9, 13};
  windows.flip = true;
  for (const EvalOptions& options : {EvalOptions(), windows}) {
    const Inference inference(model_, ModelOptions(), options, Compute());
    torch::Tensor sum = torch::zeros({20, 30});
    for (std::int64_t id = 0; id < 4; ++id) {
      const auto both = inference.predict_with_probability(image, {20, 30}, id);
      EXPECT_TRUE(torch::equal(both.labels, inference.predict(image, {20, 30})));
      sum += both.probability;
    }
    EXPECT_TRUE(torch::allclose(sum, torch::ones({20, 30})));
  }
  const Inference plain(model_, ModelOptions(), EvalOptions(), Compute());
  EXPECT_TRUE(torch::allclose(plain.predict_with_probability(image, {20, 30}, 2).probability, plain.logits(image).softmax(1)[0][2]));
}

TEST_F(InferenceTest, SeveralScalesKeepAnImageOfOneColor) {
  EvalOptions scales;
  scales.scales = {0.5, 1.0, 1.5};
  const torch::Tensor flat = torch::full({1, 20, 30, 3}, 77, torch::kUInt8);
  EXPECT_TRUE(torch::equal(predict(scales, flat, {20, 30}), predict({}, flat, {20, 30})));
}

TEST_F(InferenceTest, LogitAdjustmentTakesTheLogFrequencies) {
  EvalOptions adjusted;
  adjusted.logit_adjustment = 0.5;
  const std::vector<std::int64_t> pixels{700, 200, 100, 0};
  const Inference plain(model_, ModelOptions(), EvalOptions(), Compute()), inference(model_, ModelOptions(), adjusted, Compute(), pixels);
  const torch::Tensor shift = torch::tensor({0.5 * std::log(0.7), 0.5 * std::log(0.2), 0.5 * std::log(0.1), 0.0}).view({1, 4, 1, 1});
  const torch::Tensor expected = (plain.logits(images_) - shift).argmax(1).to(torch::kUInt8);
  EXPECT_TRUE(torch::equal(inference.predict(images_, {20, 30}), expected));
  EXPECT_FALSE(torch::equal(plain.predict(images_, {20, 30}), expected));
  EXPECT_TRUE(torch::equal(inference.logits(images_), plain.logits(images_)));
}

TEST_F(InferenceTest, AllAdjustmentsOfOnePassAreThoseOfTheirOwn) {
  EvalOptions averaged;
  averaged.flip = true;
  const std::vector<std::int64_t> pixels{700, 200, 100, 0};
  for (EvalOptions options : {EvalOptions(), averaged}) {
    const torch::Tensor image = images_.narrow(0, 0, 1);
    const std::vector<double> taus{-0.5, 0.0, 0.5};
    const auto predict = [&](double tau) {
      options.logit_adjustment = tau;
      return Inference(model_, ModelOptions(), options, Compute(), pixels).predict(image, {20, 30});
    };
    options.logit_adjustment = 0.25;
    const Inference::LabelsAtTaus together = Inference(model_, ModelOptions(), options, Compute(), pixels).predict_at_taus(image, {20, 30}, taus);
    EXPECT_TRUE(torch::equal(together.labels, predict(0.25)));
    for (std::size_t i = 0; i < taus.size(); ++i) EXPECT_TRUE(torch::equal(together.at_tau[i], predict(taus[i]))) << taus[i];
  }
}

TEST_F(InferenceTest, LogitAdjustmentNeedsClassCounts) {
  EvalOptions adjusted;
  adjusted.logit_adjustment = 0.5;
  EXPECT_THROW(Inference(model_, ModelOptions(), adjusted, Compute()), Error);
}

TEST(LogitShift, LeavesAClassThatTrainingNeverSawAsItIs) {
  const torch::Tensor shift = logit_shift(2, {90, 10, 0}).flatten();
  EXPECT_NEAR(shift[1].item<double>(), 2 * std::log(0.1), 1e-6);
  EXPECT_EQ(shift[2].item<double>(), 0);
}

}  // namespace
}  // namespace seg
