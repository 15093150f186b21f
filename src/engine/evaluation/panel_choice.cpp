#include "engine/evaluation/panel_choice.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "base/error.hpp"
#include "data/collate.hpp"
#include "data/drawing/picture.hpp"
#include "predict/predictions.hpp"
#include "scores/scores.hpp"

namespace seg {

namespace {

std::map<std::string, std::int64_t> indices_of(const std::vector<Panel>& panels, const Dataset& dataset) {
  std::map<std::string, std::int64_t> indices;
  for (const Panel& panel : panels) indices[panel.id] = -1;
  for (std::int64_t i = 0; i < dataset.size(); ++i)
    if (const auto found = indices.find(dataset.id(i)); found != indices.end()) found->second = i;
  return indices;
}

std::string drawn(std::int64_t index, const Inference& inference, const Dataset& dataset, const EvaluationRequest& request) {
  const Sample sample = dataset.get(index);
  const Batch batch = collate({sample});
  const torch::Tensor prediction = inference.predict(batch.images, {batch.labels.size(1), batch.labels.size(2)});
  const auto [predicted, truth] = compared_labels(request, prediction[0].cpu(), batch.labels[0]);
  return encoded_picture(panel_picture(sample.image, image_over(truth), image_over(predicted), dataset.classes()));
}

}  // namespace

void PanelChoice::add(const std::string& id, const ConfusionTable& own) {
  const Scores scores = compute_scores(own);
  classes_.resize(scores.classes.size());
  for (std::size_t c = 0; c < classes_.size(); ++c) {
    const std::int64_t pixels = scores.classes[c].pixels;
    classes_[c].all += pixels;
    if (pixels > classes_[c].most) classes_[c] = {classes_[c].all, pixels, images_.size()};
  }
  images_.push_back({id, scores.mean_iou});
}

std::vector<Panel> PanelChoice::panels(const ClassTable& classes) const {
  std::vector<Panel> chosen;
  const auto choose = [&](const std::string& title, const ImageScore& image) { chosen.push_back({title, image.id, "", image.mean_iou}); };
  std::vector<ImageScore> scored;
  std::copy_if(images_.begin(), images_.end(), std::back_inserter(scored), [](const ImageScore& image) { return image.mean_iou.has_value(); });
  if (scored.empty()) return chosen;
  std::stable_sort(scored.begin(), scored.end(), [](const ImageScore& a, const ImageScore& b) { return *a.mean_iou < *b.mean_iou; });
  choose("best", scored.back());
  choose("median", scored[(scored.size() - 1) / 2]);
  choose("worst", scored.front());

  const auto total =
      static_cast<double>(std::accumulate(classes_.begin(), classes_.end(), std::int64_t{0}, [](auto sum, auto& one) { return sum + one.all; }));
  std::vector<std::size_t> rare;
  for (std::size_t c = 0; c < classes_.size(); ++c)
    if (classes_[c].all > 0 && static_cast<double>(classes_[c].all) < kRareShare * total) rare.push_back(c);
  std::stable_sort(rare.begin(), rare.end(), [&](std::size_t a, std::size_t b) { return classes_[a].all < classes_[b].all; });
  rare.resize(std::min(rare.size(), kMostRareClasses));
  for (const std::size_t c : rare) choose("most of the rare class " + classes[c].name, images_[classes_[c].image_of]);
  return chosen;
}

std::vector<PanelPicture> draw_panels(const std::vector<Panel>& panels, const Inference& inference, const Dataset& dataset,
                                      const EvaluationRequest& request) {
  std::map<std::string, std::string> pngs;  // an image may be chosen for several reasons
  for (const auto& [id, index] : indices_of(panels, dataset)) {
    if (index < 0) continue;
    if (request.should_stop && request.should_stop()) break;
    try {
      pngs[id] = drawn(index, inference, dataset, request);
    } catch (const Error& error) {
      if (error.kind != ErrorKind::kData) throw;
      spdlog::warn("the report has no picture of {}: {}", id, error.what());
    }
  }
  std::vector<PanelPicture> pictures;
  for (const Panel& panel : panels)
    if (const auto found = pngs.find(panel.id); found != pngs.end()) pictures.push_back({panel, found->second});
  return pictures;
}

}  // namespace seg
