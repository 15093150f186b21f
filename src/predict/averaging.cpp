#include "predict/averaging.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "base/error.hpp"
#include "ops/upsample.hpp"

namespace seg {

namespace {

/// The device of the logits. Throws kInternal if there are no views.
torch::Device device_of(const std::vector<View>& views) {
  if (views.empty()) throw Error(ErrorKind::kInternal, "no views to average");
  return views.front().windows.front().logits.device();
}

/// The probabilities [1,K,count,width] of rows of a window, or of a whole image.
torch::Tensor probabilities(const torch::Tensor& logits, const Rows& rows, std::int64_t width, bool align_corners) {
  return upsample_rows(logits, {0, logits.size(2), logits.size(2)}, rows, width, align_corners).softmax(1);
}

/// The mean over the windows, for rows of the scaled image.
torch::Tensor window_mean(const View& view, const Rows& rows, bool align_corners) {
  const torch::Tensor& any = view.windows.front().logits;
  const auto options = any.options().dtype(torch::kFloat);
  const torch::Tensor sum = torch::zeros({1, any.size(1), rows.count, view.image.width}, options);
  const torch::Tensor count = torch::zeros({1, 1, rows.count, view.image.width}, options);
  for (const Window& window : view.windows) {
    const std::int64_t begin = std::max(rows.first, window.top);
    const std::int64_t end = std::min(rows.first + rows.count, window.top + window.size.height);
    if (begin >= end) continue;
    const Rows own{begin - window.top, end - begin, window.size.height};
    const auto place = [&](const torch::Tensor& whole) {
      return whole.narrow(2, begin - rows.first, own.count).narrow(3, window.left, window.size.width);
    };
    place(sum).add_(probabilities(window.logits, own, window.size.width, align_corners));
    place(count).add_(1);
  }
  return sum / count;
}

torch::Tensor band_of(const View& view, const Rows& band, std::int64_t width, bool align_corners) {
  const Window& first = view.windows.front();
  torch::Tensor scores;
  if (view.windows.size() == 1 && first.size == view.image) {
    scores = probabilities(first.logits, band, width, align_corners);
  } else {
    const Rows rows = source_rows(band, view.image.height, align_corners);
    scores = upsample_rows(window_mean(view, rows, align_corners), rows, band, width, align_corners);
  }
  return view.mirrored ? scores.flip(3) : scores;
}

/// Calls use(rows, sum of the views' probabilities [1,K,rows.count,W]) for each band of the target.
template <class Use>
void for_each_band(const std::vector<View>& views, Size target, bool align_corners, const Use& use) {
  for (std::int64_t row = 0; row < target.height; row += kBandRows) {
    const Rows band{row, std::min(kBandRows, target.height - row), target.height};
    torch::Tensor sum;
    for (const View& view : views) {
      const torch::Tensor part = band_of(view, band, target.width, align_corners);
      sum = sum.defined() ? sum.add_(part) : part;
    }
    use(band, sum);
  }
}

}  // namespace

torch::Tensor average_labels(const std::vector<View>& views, Size target, bool align_corners) {
  torch::Tensor labels = torch::empty({1, target.height, target.width}, torch::TensorOptions(torch::kByte).device(device_of(views)));
  for_each_band(views, target, align_corners,
                [&](const Rows& band, const torch::Tensor& sum) { labels.narrow(1, band.first, band.count).copy_(sum.argmax(1)); });
  return labels;
}

torch::Tensor average_probability(const std::vector<View>& views, std::int64_t train_id, Size target, bool align_corners) {
  torch::Tensor mean = torch::empty({target.height, target.width}, torch::TensorOptions(torch::kFloat).device(device_of(views)));
  for_each_band(views, target, align_corners, [&](const Rows& band, const torch::Tensor& sum) {
    mean.narrow(0, band.first, band.count).copy_(sum.select(1, train_id)[0] / static_cast<double>(views.size()));
  });
  return mean;
}

}  // namespace seg
