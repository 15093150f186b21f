#include "engine/inference.hpp"

#include <algorithm>
#include <cmath>

#include "core/compute.hpp"
#include "data/normalize.hpp"
#include "data/transforms.hpp"
#include "ops/upsample.hpp"

namespace seg {

namespace {

/// Offsets of windows of `length` that cover `total` with at least `overlap` of a window shared by neighbours.
std::vector<std::int64_t> offsets(std::int64_t total, std::int64_t length, double overlap) {
  if (length >= total) return {0};
  const auto stride = std::max<std::int64_t>(1, std::llround(static_cast<double>(length) * (1.0 - overlap)));
  std::vector<std::int64_t> starts;
  for (std::int64_t start = 0; start + length < total; start += stride) starts.push_back(start);
  starts.push_back(total - length);
  return starts;
}

/// A u8 image [1,H,W,3] on the CPU, resized as the data's own transforms do it.
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

Inference::Inference(Model& model, const ModelOptions& model_options, const NormalizeOptions& normalize, const EvalOptions& options, Compute compute)
    : model_(model), align_corners_(model_options.align_corners), normalize_(normalize), options_(options), compute_(compute) {}

bool Inference::plain() const { return !options_.flip && options_.scales == std::vector<double>{1.0} && !windowed(); }

torch::Tensor Inference::logits(const torch::Tensor& images) const {
  const torch::NoGradGuard no_gradient;
  const torch::Tensor input = normalize(images.to(compute_.device), normalize_);
  const PrecisionScope precision(compute_.device, compute_.precision);
  return model_.forward(input).logits;
}

torch::Tensor Inference::predict(const torch::Tensor& images, Size target) const {
  const torch::NoGradGuard no_gradient;
  if (compute_.device.is_cuda() && plain()) return predict_labels(logits(images), target.height, target.width, align_corners_).cpu();
  std::vector<torch::Tensor> labels;
  for (std::int64_t i = 0; i < images.size(0); ++i) {
    const torch::Tensor image = images.narrow(0, i, 1);
    labels.push_back(plain() ? predict_labels(logits(image), target.height, target.width, align_corners_).cpu()
                             : averaged_probabilities(image, target).argmax(1).to(torch::kUInt8).cpu());
  }
  return torch::cat(labels);
}

torch::Tensor Inference::averaged_probabilities(const torch::Tensor& image, Size target) const {
  torch::Tensor sum;
  for (const double scale : options_.scales) {
    const torch::Tensor input = resized(image, scale);
    for (const bool mirrored : {false, true}) {
      if (mirrored && !options_.flip) continue;
      const torch::Tensor seen = mirrored ? input.flip(2) : input;
      torch::Tensor part =
          windowed() ? upsample_logits(window_probabilities(seen), target.height, target.width, align_corners_) : probabilities(seen, target);
      if (mirrored) part = part.flip(3);
      sum = sum.defined() ? sum.add_(part) : part;
    }
  }
  return sum;
}

torch::Tensor Inference::window_probabilities(const torch::Tensor& image) const {
  const Size window{std::min(options_.window.height, image.size(1)), std::min(options_.window.width, image.size(2))};
  torch::Tensor sum, count;
  for (const std::int64_t top : offsets(image.size(1), window.height, options_.overlap)) {
    for (const std::int64_t left : offsets(image.size(2), window.width, options_.overlap)) {
      const torch::Tensor part = probabilities(image.narrow(1, top, window.height).narrow(2, left, window.width), window);
      if (!sum.defined()) {
        sum = torch::zeros({1, part.size(1), image.size(1), image.size(2)}, part.options());
        count = torch::zeros({1, 1, image.size(1), image.size(2)}, part.options());
      }
      sum.narrow(2, top, window.height).narrow(3, left, window.width).add_(part);
      count.narrow(2, top, window.height).narrow(3, left, window.width).add_(1);
    }
  }
  return sum.div_(count);
}

torch::Tensor Inference::probabilities(const torch::Tensor& image, Size target) const {
  return upsample_logits(logits(image), target.height, target.width, align_corners_).softmax(1);
}

}  // namespace seg
