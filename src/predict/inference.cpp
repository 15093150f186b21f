#include "predict/inference.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "core/log_prior.hpp"
#include "data/resize.hpp"
#include "ops/normalize.hpp"
#include "ops/upsample.hpp"

namespace seg {

namespace {

/// Offsets of windows of `length` that cover `total`; neighbours overlap by at least the share `overlap` of a window.
std::vector<std::int64_t> offsets(std::int64_t total, std::int64_t length, double overlap) {
  if (length >= total) return {0};
  const auto stride = std::max<std::int64_t>(1, std::llround(static_cast<double>(length) * (1.0 - overlap)));
  std::vector<std::int64_t> starts;
  for (std::int64_t start = 0; start + length < total; start += stride) starts.push_back(start);
  starts.push_back(total - length);
  return starts;
}

/// Resizes a u8 image [1,H,W,3] on the CPU like the data sets do.
torch::Tensor resized(const torch::Tensor& image, double scale) {
  if (scale == 1.0) return image;
  const auto side = [&](std::int64_t dimension) {
    return std::max<std::int64_t>(1, std::llround(static_cast<double>(image.size(dimension)) * scale));
  };
  const torch::Tensor source = image.cpu().contiguous();
  const cv::Mat pixels(static_cast<int>(image.size(1)), static_cast<int>(image.size(2)), CV_8UC3, source.data_ptr());
  const cv::Mat result = resize_image(pixels, {side(1), side(2)});
  return torch::from_blob(result.data, {1, result.rows, result.cols, 3}, torch::kUInt8).clone();
}

}  // namespace

torch::Tensor logit_shift(double tau, const std::vector<std::int64_t>& class_pixels) {
  if (tau == 0.0) return {};
  if (class_pixels.empty())
    throw Error(ErrorKind::kConfiguration, "eval.logit_adjustment needs the class counts of the training, but the checkpoint does not contain them",
                "train again: checkpoints of this and later versions contain them");
  return (log_prior(class_pixels) * tau).to(torch::kFloat).view({1, -1, 1, 1});
}

torch::Tensor shifted(const torch::Tensor& logits, const torch::Tensor& shift) {
  return shift.defined() ? logits.to(torch::kFloat) - shift.to(logits.device()) : logits;
}

Inference::Inference(Model& model, const ModelOptions& network, const EvalOptions& options, Compute compute, std::vector<std::int64_t> class_pixels)
    : model_(model),
      align_corners_(network.align_corners),
      input_(network.input),
      options_(options),
      compute_(compute),
      precision_(compute.device, compute.precision),
      class_pixels_(std::move(class_pixels)),
      shift_(logit_shift(options.logit_adjustment, class_pixels_)) {
  model_.eval();
  if (PackedConvs::suits(compute.device, compute.precision)) packed_.emplace(compute.precision);
}

bool Inference::plain() const { return !options_.flip && options_.scales == std::vector<double>{1.0} && !windowed(); }

torch::Tensor Inference::logits(const torch::Tensor& images) const {
  const torch::NoGradGuard no_gradient;
  const PackedConvsScope packed(packed_ ? &*packed_ : nullptr);
  return model_.forward(normalize(images.to(compute_.device), input_, packed_ ? compute_.precision : torch::kFloat32)).logits;
}

torch::Tensor Inference::predict(const torch::Tensor& images, Size target) const {
  const torch::NoGradGuard no_gradient;
  std::vector<torch::Tensor> labels;
  for (std::int64_t i = 0; i < images.size(0); ++i) labels.push_back(labels_of(adjusted(views(images.narrow(0, i, 1)), shift_), target));
  return torch::cat(labels);
}

Inference::LabelsAtTaus Inference::predict_at_taus(const torch::Tensor& image, Size target, const std::vector<double>& taus) const {
  const torch::NoGradGuard no_gradient;
  const std::vector<View> seen = views(image);
  LabelsAtTaus result{labels_of(adjusted(seen, shift_), target), {}};
  for (const double tau : taus) result.at_tau.push_back(labels_of(adjusted(seen, logit_shift(tau, class_pixels_)), target));
  return result;
}

torch::Tensor Inference::labels_of(const torch::Tensor& logits, Size target) const {
  return predict_labels(shifted(logits, shift_), target.height, target.width, align_corners_);
}

Inference::LabelsAndProbability Inference::predict_with_probability(const torch::Tensor& image, Size target, std::int64_t train_id) const {
  const torch::NoGradGuard no_gradient;
  const std::vector<View> seen = adjusted(views(image), shift_);
  return {labels_of(seen, target), average_probability(seen, train_id, target, align_corners_)};
}

torch::Tensor Inference::labels_of(const std::vector<View>& views, Size target) const {
  // Without averaging, the softmax would only take time, and turn scores that differ in the last bit into ties.
  if (plain()) return predict_labels(views.front().windows.front().logits, target.height, target.width, align_corners_);
  return average_labels(views, target, align_corners_);
}

std::vector<View> Inference::adjusted(std::vector<View> views, const torch::Tensor& shift) const {
  for (View& view : views)
    for (Window& window : view.windows) window.logits = shifted(window.logits, shift);
  return views;
}

std::vector<View> Inference::views(const torch::Tensor& image) const {
  std::vector<View> views;
  for (const double scale : options_.scales) {
    const torch::Tensor input = resized(image, scale);
    views.push_back(view(input, false));
    if (options_.flip) views.push_back(view(input.flip(2), true));
  }
  return views;
}

View Inference::view(const torch::Tensor& image, bool mirrored) const {
  const Size whole{image.size(1), image.size(2)};
  const Size window = windowed() ? Size{std::min(options_.window.height, whole.height), std::min(options_.window.width, whole.width)} : whole;
  View view{whole, mirrored, {}};
  for (const std::int64_t top : offsets(whole.height, window.height, options_.overlap)) {
    for (const std::int64_t left : offsets(whole.width, window.width, options_.overlap))
      view.windows.push_back({top, left, window, logits(image.narrow(1, top, window.height).narrow(2, left, window.width))});
  }
  return view;
}

}  // namespace seg
