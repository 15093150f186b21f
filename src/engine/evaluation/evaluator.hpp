// A model held against the labels of a split: confusion, scores, cross entropy.
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

/// What was counted on one image.
struct ImageResult {
  std::string id;
  ConfusionTable confusion;
  std::vector<std::vector<ClassPixels>> at_tau;  // [K] for each of the request's taus
  double cross_entropy = 0.0;                    // sum over the valid pixels; 0 unless it was asked for
};

struct EvaluationRequest {
  ClassMapping mapping;        // data-set classes that the model does not know count nowhere
  std::vector<double> taus;    // also count what these logit adjustments would predict
  bool cross_entropy = false;  // also count that of the plain logits, whatever is averaged for the labels; not with a mapping
  LoaderOptions loader;
  Communicator ranks;                 // who evaluates together, each its part of the images
  std::function<bool()> should_stop;  // may be empty
  /// Of this rank's images; may be empty. prediction: u8 [h,w], train ids of the *model*, at the labels' size.
  std::function<void(const std::string& id, const torch::Tensor& prediction)> on_image;
};

/// Of all ranks' images, the same on all ranks.
struct Evaluation {
  ConfusionTable confusion;
  std::vector<ClassPixels> boundary;    // [K] pixels near boundaries (engine/evaluation/label_counting.hpp)
  std::vector<ImageResult> images;      // in the data set's order
  std::optional<double> cross_entropy;  // mean over the valid pixels
  std::vector<std::string> skipped;     // broken files left out
};

/// Labels as they are held against each other: u8 [h,w] train ids of the data set, 255 where a prediction is none of its classes and
/// where the truth counts nowhere.
struct ComparedLabels {
  torch::Tensor predicted;
  torch::Tensor truth;
};
/// From a prediction of the model and the labels of the data set, both u8 [h,w].
ComparedLabels compared_labels(const EvaluationRequest& request, const torch::Tensor& prediction, const torch::Tensor& labels);

/// How the loader feeds an evaluation of `config`.
LoaderOptions evaluation_loader(const RunConfig& config);

/// `dataset` gives frames of the size that the network is to see. Nothing if should_stop said so on some rank. The result depends neither on
/// workers nor the number of ranks.
std::optional<Evaluation> evaluate(const Inference& inference, const std::shared_ptr<const Dataset>& dataset, const EvaluationRequest& request);

}  // namespace seg
