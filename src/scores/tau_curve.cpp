#include "scores/tau_curve.hpp"

#include <algorithm>
#include <cmath>

namespace seg {

std::vector<TauPoint> TauCurve::points() const {
  std::vector<TauPoint> points;
  for (std::size_t t = 0; t < taus.size(); ++t) {
    if (images[t].empty()) continue;
    std::vector<ClassPixels> sums(images[t].front().classes.size());
    ImageIou image_iou;
    for (const ImageCounts& image : images[t]) {
      add(sums, image.classes);
      image_iou.add(image.classes);
    }
    TauPoint& point = points.emplace_back(TauPoint{taus[t], scores_of(sums)});
    point.scores.mean_iou_by_image = image_iou.by_image();
    point.scores.mean_iou_by_class = image_iou.by_class();
  }
  return points;
}

std::optional<double> iou_on_curve(const std::vector<Scores>& curve, double accuracy) {
  std::optional<double> highest;
  const Scores* nearest = nullptr;
  for (std::size_t i = 0; i < curve.size(); ++i) {
    if (!curve[i].mean_accuracy || !curve[i].mean_iou) continue;
    const double here = *curve[i].mean_accuracy;
    if (nearest == nullptr || std::abs(here - accuracy) < std::abs(*nearest->mean_accuracy - accuracy)) nearest = &curve[i];
    if (i == 0 || !curve[i - 1].mean_accuracy || !curve[i - 1].mean_iou) continue;
    const double before = *curve[i - 1].mean_accuracy;
    if (std::min(before, here) > accuracy || std::max(before, here) < accuracy) continue;
    const double share = here == before ? 0.0 : (accuracy - before) / (here - before);
    const double iou = *curve[i - 1].mean_iou + share * (*curve[i].mean_iou - *curve[i - 1].mean_iou);
    highest = std::max(highest.value_or(iou), iou);
  }
  if (!highest && nearest != nullptr) highest = nearest->mean_iou;
  return highest;
}

}  // namespace seg
