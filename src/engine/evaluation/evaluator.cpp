#include "engine/evaluation/evaluator.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "data/collate.hpp"
#include "ops/class_sums.hpp"
#include "ops/upsample.hpp"

namespace seg {

namespace {

/// u8 tensor through a table of 256 values.
torch::Tensor translated(const torch::Tensor& values, const std::vector<std::uint8_t>& table) {
  const torch::Tensor lookup = torch::from_blob(const_cast<std::uint8_t*>(table.data()), {256}, torch::kUInt8);
  return lookup.index_select(0, values.flatten().to(torch::kInt64)).view(values.sizes());
}

/// 256 entries: what is not in the request stays, or is 255.
std::vector<std::uint8_t> prediction_table(const EvaluationRequest& request) {
  std::vector<std::uint8_t> table(256, kIgnoreLabel);
  for (std::size_t id = 0; id < request.model_to_data.size(); ++id) table[id] = request.model_to_data[id];
  return table;
}

std::vector<std::uint8_t> truth_table(const EvaluationRequest& request) {
  std::vector<std::uint8_t> table(256);
  for (std::size_t id = 0; id < table.size(); ++id)
    table[id] = id < request.ignored_truth.size() && request.ignored_truth[id] ? kIgnoreLabel : static_cast<std::uint8_t>(id);
  return table;
}

/// The running sum of one split.
class Counter {
 public:
  Counter(const Inference& inference, const EvaluationRequest& request, std::int64_t classes)
      : inference_(inference), request_(request), classes_(classes), result_{Confusion(classes), BoundaryCounts(classes), 0, std::nullopt, {}} {}

  void add(const std::vector<Sample>& samples) {
    const Batch batch = collate(samples);
    const bool labels_alone = !request_.cross_entropy && request_.taus.empty();
    const torch::Tensor together = labels_alone ? inference_.predict(batch.images, size_of(batch.labels)) : torch::Tensor();
    for (std::int64_t i = 0; i < batch.images.size(0); ++i) {
      const torch::Tensor image = batch.images.narrow(0, i, 1), labels = batch.labels.narrow(0, i, 1);
      count(samples[static_cast<std::size_t>(i)], labels_alone ? Inference::LabelsAtTaus{together.narrow(0, i, 1), {}} : predict_one(image, labels),
            labels[0]);
    }
  }

  Evaluation finish(std::vector<std::string> skipped) {
    if (valid_pixels_ > 0) result_.cross_entropy = cross_entropy_ / static_cast<double>(valid_pixels_);
    result_.skipped = std::move(skipped);
    return std::move(result_);
  }

 private:
  static Size size_of(const torch::Tensor& labels) { return {labels.size(1), labels.size(2)}; }

  /// One image at a time, so that no score depends on the batch.
  Inference::LabelsAtTaus predict_one(const torch::Tensor& image, const torch::Tensor& labels) {
    const torch::Tensor logits = request_.cross_entropy ? summed_logits(image, labels) : torch::Tensor();
    if (!request_.taus.empty()) return inference_.predict_at_taus(image, size_of(labels), request_.taus);
    // Without averaging both results come from one forward pass.
    return {inference_.plain() ? inference_.labels_of(logits, size_of(labels)) : inference_.predict(image, size_of(labels)), {}};
  }

  /// Plain logits, whose cross entropy is added to the sum.
  torch::Tensor summed_logits(const torch::Tensor& image, const torch::Tensor& labels) {
    const torch::NoGradGuard no_gradient;
    torch::Tensor logits = inference_.logits(image);
    const ClassSums sums = class_sums(logits, labels.to(inference_.device()), inference_.align_corners());
    cross_entropy_ += sums.cross_entropy.sum().item<double>();
    valid_pixels_ += sums.pixels.sum().item<std::int64_t>();
    return logits;
  }

  void count(const Sample& sample, const Inference::LabelsAtTaus& predicted, const torch::Tensor& labels) {
    const ComparedLabels compared = compared_labels(request_, predicted.labels[0], labels);
    const Confusion own = confusion_of(compared);
    result_.confusion.merge(own);
    result_.boundary.add(compared.predicted, compared.truth);
    ++result_.images;
    if (!request_.on_image) return;
    std::vector<Confusion> at_tau;
    for (const torch::Tensor& prediction : predicted.at_tau) at_tau.push_back(confusion_of(compared_labels(request_, prediction[0], labels)));
    request_.on_image({sample, predicted.labels[0], own, at_tau});
  }

  Confusion confusion_of(const ComparedLabels& compared) const {
    Confusion confusion(classes_);
    confusion.add(compared.predicted, compared.truth);
    return confusion;
  }

  const Inference& inference_;
  const EvaluationRequest& request_;
  std::int64_t classes_;
  Evaluation result_;
  double cross_entropy_ = 0.0;
  std::int64_t valid_pixels_ = 0;
};

}  // namespace

ComparedLabels compared_labels(const EvaluationRequest& request, const torch::Tensor& prediction, const torch::Tensor& labels) {
  return {request.model_to_data.empty() ? prediction : translated(prediction, prediction_table(request)),
          request.ignored_truth.empty() ? labels : translated(labels, truth_table(request))};
}

LoaderOptions evaluation_loader(const RunConfig& config) {
  LoaderOptions options;
  options.batch_size = config.eval.batch_size;
  options.workers = config.data.workers;
  options.prefetch = config.data.prefetch;
  options.skip_broken = config.data.skip_broken();
  options.skip_budget = config.data.skip_budget;
  options.timeout_s = config.data.timeout_s;
  return options;
}

std::optional<Evaluation> evaluate(const Inference& inference, const Dataset& dataset, const EvaluationRequest& request) {
  Counter counter(inference, request, static_cast<std::int64_t>(dataset.classes().size()));
  DataLoader loader(dataset, {}, request.loader);
  while (auto samples = loader.next()) {
    for (const std::vector<Sample>& group : group_by_size(std::move(*samples))) {
      if (request.should_stop && request.should_stop()) return std::nullopt;
      counter.add(group);
    }
  }
  return counter.finish(loader.skipped());
}

}  // namespace seg
