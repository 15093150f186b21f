#include "engine/evaluation/evaluator.hpp"

#include <nlohmann/json.hpp>

#include <numeric>
#include <utility>

#include "base/error.hpp"
#include "data/collate.hpp"
#include "data/dataset_part.hpp"
#include "engine/evaluation/label_counting.hpp"
#include "ops/class_sums.hpp"
#include "ops/upsample.hpp"

namespace seg {

// The format in which ranks exchange their counts.
inline void to_json(nlohmann::json& json, const ClassPixels& pixels) { json = {pixels.truth, pixels.predicted, pixels.both}; }
inline void from_json(const nlohmann::json& json, ClassPixels& pixels) { pixels = {json[0], json[1], json[2]}; }
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ConfusionTable, classes, counts)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ImageResult, id, confusion, at_tau, cross_entropy)

namespace {

constexpr std::int64_t kImagesAtOnce = 4;  // images per batch of the loader; a GPU counts them before the host waits for the counts

/// Maps a u8 tensor through a table of 256 values.
torch::Tensor translated(const torch::Tensor& values, const std::vector<std::uint8_t>& table) {
  const torch::Tensor lookup = torch::from_blob(const_cast<std::uint8_t*>(table.data()), {256}, torch::kUInt8).to(values.device());
  return lookup.index_select(0, values.flatten().to(torch::kInt64)).view(values.sizes());
}

/// A table of 256 entries. Values that the request does not map stay as they are, or become 255.
std::vector<std::uint8_t> prediction_table(const EvaluationRequest& request) {
  std::vector<std::uint8_t> table(256, kIgnoreLabel);
  for (std::size_t id = 0; id < request.mapping.model_to_data.size(); ++id) table[id] = request.mapping.model_to_data[id];
  return table;
}

std::vector<std::uint8_t> truth_table(const EvaluationRequest& request) {
  std::vector<std::uint8_t> table(256);
  for (std::size_t id = 0; id < table.size(); ++id)
    table[id] = id < request.mapping.ignored_truth.size() && request.mapping.ignored_truth[id] ? kIgnoreLabel : static_cast<std::uint8_t>(id);
  return table;
}

/// The counts of one rank on its part of a split, or the counts of all ranks.
struct RankResults {
  std::vector<ImageResult> images;
  std::vector<ClassPixels> boundary;  // [K]
  std::vector<std::string> skipped;
  bool stopped = false;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(RankResults, images, boundary, skipped, stopped)

/// Joins the results of all ranks: images and messages in rank order, counts summed, stopped if any rank was. The same on all ranks; `own` itself for
/// one process.
RankResults of_all_ranks(RankResults own, const Communicator& ranks) {
  if (!ranks.several()) return own;
  // CBOR keeps doubles exactly.
  const std::vector<std::uint8_t> bytes = nlohmann::json::to_cbor(own);
  RankResults all{{}, std::vector<ClassPixels>(own.boundary.size()), {}, false};
  for (const std::string& text : ranks.gather({bytes.begin(), bytes.end()})) {
    const auto part = nlohmann::json::from_cbor(text).get<RankResults>();
    all.stopped = all.stopped || part.stopped;
    add(all.boundary, part.boundary);
    all.skipped.insert(all.skipped.end(), part.skipped.begin(), part.skipped.end());
    all.images.insert(all.images.end(), part.images.begin(), part.images.end());
  }
  return all;
}

/// Counts the images of one rank.
class Counter {
 public:
  Counter(const Inference& inference, const EvaluationRequest& request, std::int64_t classes)
      : inference_(inference), request_(request), classes_(classes), boundary_(static_cast<std::size_t>(classes)) {}

  /// Evaluates one image at a time, so that no score depends on the other images of a batch.
  void add(const Sample& sample) {
    const Batch batch = collate({sample});
    const torch::Tensor labels = batch.labels.to(inference_.device());
    count(sample, predicted(batch.images, labels), labels[0]);
  }

  /// Waits for the counts of all images so far.
  void settle() {
    for (const Pending& image : std::exchange(pending_, {})) add_counts(image);
  }

  std::vector<ImageResult> images() && { return std::move(images_); }
  const std::vector<ClassPixels>& boundary() const { return boundary_; }

 private:
  /// An image whose counts may not have arrived yet.
  struct Pending {
    std::string id;
    LabelCounting counts;
    std::vector<LabelCounting> at_tau;
    HostCopy cross_entropy;
  };

  static Size size_of(const torch::Tensor& labels) { return {labels.size(1), labels.size(2)}; }

  Inference::LabelsAtTaus predicted(const torch::Tensor& image, const torch::Tensor& labels) {
    const torch::Tensor logits = request_.cross_entropy ? scored_logits(image, labels) : torch::Tensor();
    if (!request_.taus.empty()) return inference_.predict_at_taus(image, size_of(labels), request_.taus);
    // Without averaging both results come from one forward pass.
    const bool shared = logits.defined() && inference_.plain();
    return {shared ? inference_.labels_of(logits, size_of(labels)) : inference_.predict(image, size_of(labels)), {}};
  }

  /// Plain logits; their cross entropy is kept for count().
  torch::Tensor scored_logits(const torch::Tensor& image, const torch::Tensor& labels) {
    const torch::NoGradGuard no_gradient;
    torch::Tensor logits = inference_.logits(image);
    cross_entropy_ = HostCopy(class_sums(logits, labels, inference_.align_corners()).cross_entropy.sum());
    return logits;
  }

  void count(const Sample& sample, const Inference::LabelsAtTaus& predicted, const torch::Tensor& labels) {
    Pending& image = pending_.emplace_back(Pending{sample.id, counting(predicted.labels[0], labels, LabelCounting::Of::kAll), {}, cross_entropy_});
    for (const torch::Tensor& prediction : predicted.at_tau) image.at_tau.push_back(counting(prediction[0], labels, LabelCounting::Of::kConfusion));
    if (request_.on_image) request_.on_image(sample.id, predicted.labels[0].cpu());
  }

  LabelCounting counting(const torch::Tensor& prediction, const torch::Tensor& labels, LabelCounting::Of of) const {
    const ComparedLabels compared = compared_labels(request_, prediction, labels);
    return {compared.predicted, compared.truth, classes_, of};
  }

  void add_counts(const Pending& image) {
    LabelCounts counts = image.counts.get();
    seg::add(boundary_, counts.boundary);
    ImageResult& result = images_.emplace_back(ImageResult{image.id, std::move(counts.confusion), {}, 0.0});
    for (const LabelCounting& at_tau : image.at_tau) result.at_tau.push_back(class_pixels(at_tau.get().confusion));
    if (request_.cross_entropy) result.cross_entropy = image.cross_entropy.wait().item<double>();
  }

  const Inference& inference_;
  const EvaluationRequest& request_;
  std::int64_t classes_;
  HostCopy cross_entropy_;  // of the current image
  std::vector<Pending> pending_;
  std::vector<ImageResult> images_;
  std::vector<ClassPixels> boundary_;
};

/// The evaluation with the sums over all images, from which a report is made.
Evaluation summed(RankResults all, std::int64_t classes, bool with_cross_entropy) {
  Evaluation result{empty_confusion(classes), std::move(all.boundary), std::move(all.images), std::nullopt, std::move(all.skipped)};
  double cross_entropy = 0.0;
  for (const ImageResult& image : result.images) {
    add(result.confusion, image.confusion);
    cross_entropy += image.cross_entropy;
  }
  const std::int64_t valid = std::accumulate(result.confusion.counts.begin(), result.confusion.counts.end(), std::int64_t{0});
  if (with_cross_entropy && valid > 0) result.cross_entropy = cross_entropy / static_cast<double>(valid);
  return result;
}

}  // namespace

ComparedLabels compared_labels(const EvaluationRequest& request, const torch::Tensor& prediction, const torch::Tensor& labels) {
  return {request.mapping.model_to_data.empty() ? prediction : translated(prediction, prediction_table(request)),
          request.mapping.ignored_truth.empty() ? labels : translated(labels, truth_table(request))};
}

LoaderOptions evaluation_loader(const RunConfig& config) {
  LoaderOptions options;
  options.batch_size = kImagesAtOnce;
  options.workers = config.data.workers;
  options.prefetch = config.data.prefetch;
  options.skip_broken = config.data.skip_broken();
  options.skip_budget = config.data.skip_budget;
  options.timeout_s = config.data.timeout_s;
  return options;
}

std::optional<Evaluation> evaluate(const Inference& inference, const std::shared_ptr<const Dataset>& dataset, const EvaluationRequest& request) {
  const auto classes = static_cast<std::int64_t>(dataset->classes().size());
  const auto part = std::make_shared<DatasetPart>(dataset, request.ranks.rank(), request.ranks.world_size());
  Counter counter(inference, request, classes);
  RankResults own;
  if (part->size() > 0 || !request.ranks.several()) {
    DataLoader loader(part, {}, request.loader);
    while (const auto samples = own.stopped ? std::nullopt : loader.next()) {
      for (const Sample& sample : *samples) {
        own.stopped = own.stopped || (request.should_stop && request.should_stop());
        if (!own.stopped) counter.add(sample);
      }
      counter.settle();
    }
    own.skipped = loader.skipped();
  }
  own.boundary = counter.boundary();
  own.images = std::move(counter).images();
  RankResults all = of_all_ranks(std::move(own), request.ranks);
  if (all.stopped) return std::nullopt;
  return summed(std::move(all), classes, request.cross_entropy);
}

}  // namespace seg
