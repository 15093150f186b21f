#include "engine/evaluation/evaluator.hpp"

#include <gmock/gmock.h>

#include <memory>

#include "engine/grey_model.hpp"

namespace seg {
namespace {

using test::Frames;
using test::GreyModel;
using test::pixels;
using testing::ElementsAre;

Evaluation evaluation_of(const Frames& frames, std::int64_t model_classes, EvaluationRequest request, const EvalOptions& options = {}) {
  GreyModel model(model_classes);
  const Inference inference(model, test::grey_options(), options, Compute());
  request.loader.batch_size = 4;
  return evaluate(inference, std::make_shared<Frames>(frames), request).value();
}

const Frames kMixed({{pixels(2, {0, 1, 0, 1}), pixels(2, {0, 1, 1, 255})}, {pixels(1, {1, 1, 0}), pixels(1, {1, 0, 0})}}, 2);

TEST(Evaluator, CountsImagesOfMixedSizes) {
  const Evaluation evaluation = evaluation_of(kMixed, 2, {});
  ASSERT_EQ(evaluation.images.size(), 2U);
  // Rows are truth, the last column is "none of the classes".
  EXPECT_THAT(evaluation.confusion.counts, ElementsAre(2, 1, 0, 1, 2, 0));
}

TEST(Evaluator, CountsUnderTheDataSetsClasses) {
  // The model knows three classes: 0 is the data's 2, 1 has no counterpart, 2 is the data's 0; the data's 1 is unknown to it.
  const Frames frames({{pixels(1, {0, 1, 2, 2, 0}), pixels(1, {2, 2, 0, 2, 1})}}, 3);
  EvaluationRequest request;
  request.mapping.model_to_data = {2, kIgnoreLabel, 0};
  request.mapping.ignored_truth = {false, true, false};
  const Evaluation evaluation = evaluation_of(frames, 3, request);
  EXPECT_THAT(evaluation.confusion.counts, ElementsAre(1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1));
}

TEST(Evaluator, CrossEntropyIsThatOfThePlainLogits) {
  EvaluationRequest request;
  request.cross_entropy = true;
  // A right pixel costs ln(1 + e^-10), a wrong one 10 more; four of the six valid ones are right.
  const double expected = std::log1p(std::exp(-10.0)) + 10.0 * 2 / 6;
  EXPECT_NEAR(evaluation_of(kMixed, 2, request).cross_entropy.value(), expected, 1e-5);
  EvalOptions averaged;
  averaged.flip = true;
  EXPECT_NEAR(evaluation_of(kMixed, 2, request, averaged).cross_entropy.value(), expected, 1e-5);
  averaged.window = {1, 2};
  EXPECT_NEAR(evaluation_of(kMixed, 2, request, averaged).cross_entropy.value(), expected, 1e-5);
}

}  // namespace
}  // namespace seg
