// Evaluates a model on the labels of a split: confusion matrix, scores, cross entropy.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "data/loader.hpp"
#include "engine/evaluation/class_mapping.hpp"
#include "engine/run_config.hpp"
#include "predict/inference.hpp"
#include "ranks/communicator.hpp"
#include "scores/scores.hpp"

namespace seg {

/// The counts of one image.
struct ImageResult {
  std::string id;
  ConfusionTable confusion;
  std::vector<std::vector<ClassPixels>> at_tau;  // [K] for each of the request's taus
  double cross_entropy = 0.0;                    // sum over the valid pixels; 0 unless requested
};

struct EvaluationRequest {
  ClassMapping mapping;        // pixels of data-set classes that the model lacks are ignored
  std::vector<double> taus;    // also count the predictions with these logit adjustments
  bool cross_entropy = false;  // also compute the cross entropy of the plain logits, without averaging; not with a mapping
  LoaderOptions loader;
  Communicator ranks;                 // the ranks that share the images
  std::function<bool()> should_stop;  // may be empty
  /// Called for each image of this rank; may be empty. prediction: u8 [h,w], train ids of the *model*, at the labels' size.
  std::function<void(const std::string& id, const torch::Tensor& prediction)> on_image;
};

/// The results for the images of all ranks; the same on all ranks.
struct Evaluation {
  ConfusionTable confusion;
  std::vector<ClassPixels> boundary;    // [K] pixels near boundaries (engine/evaluation/label_counting.hpp)
  std::vector<ImageResult> images;      // in the data set's order
  std::optional<double> cross_entropy;  // mean over the valid pixels
  std::vector<std::string> skipped;     // broken files that were skipped
};

/// Labels in the form in which they are compared: u8 [h,w] train ids of the data set, 255 where the predicted class is not in the data set and
/// where the ground truth is ignored.
struct ComparedLabels {
  torch::Tensor predicted;
  torch::Tensor truth;
};
/// From a prediction of the model and the labels of the data set, both u8 [h,w].
ComparedLabels compared_labels(const EvaluationRequest& request, const torch::Tensor& prediction, const torch::Tensor& labels);

/// Loader options for an evaluation of `config`.
LoaderOptions evaluation_loader(const RunConfig& config);

/// `dataset` gives frames of the network's input size. Returns nothing if should_stop returned true on any rank. The result depends neither on the
/// workers nor on the number of ranks.
std::optional<Evaluation> evaluate(const Inference& inference, const std::shared_ptr<const Dataset>& dataset, const EvaluationRequest& request);

}  // namespace seg
