#include "data/collate.hpp"

#include "base/error.hpp"
#include "data/resize.hpp"

namespace seg {
namespace {

bool same_size(const Sample& a, const Sample& b) { return a.image.size() == b.image.size() && a.labels.size() == b.labels.size(); }

void check(const Sample& sample, const Sample& first) {
  const bool typed = sample.image.type() == CV_8UC3 && (sample.labels.empty() || sample.labels.type() == CV_8UC1);
  if (!typed) throw Error(ErrorKind::kInternal, sample.id + ": a batch can contain only 8-bit RGB images and 8-bit labels");
  if (same_size(sample, first)) return;
  const auto sizes = [](const Sample& s) {
    return s.id + " (image " + to_string(size_of(s.image)) + ", labels " + to_string(size_of(s.labels)) + ")";
  };
  throw Error(ErrorKind::kData, "samples of different sizes in one batch: " + sizes(first) + " and " + sizes(sample),
              "set data.size, or use batches of one image");
}

/// Copies row by row, because the rows of a cropped cv::Mat are not contiguous.
void copy_pixels(const cv::Mat& mat, std::uint8_t* target) { mat.copyTo(cv::Mat(mat.size(), mat.type(), target)); }

}  // namespace

Batch collate(const std::vector<Sample>& samples) {
  if (samples.empty()) throw Error(ErrorKind::kInternal, "a batch without samples");
  const Sample& first = samples.front();
  const auto count = static_cast<std::int64_t>(samples.size());
  Batch batch;
  batch.images = torch::empty({count, first.image.rows, first.image.cols, 3}, torch::kUInt8);
  batch.labels = torch::empty({count, first.labels.rows, first.labels.cols}, torch::kUInt8);
  const std::int64_t image_bytes = batch.images.stride(0);
  const std::int64_t label_bytes = batch.labels.stride(0);
  for (std::int64_t i = 0; i < count; ++i) {
    const Sample& sample = samples[static_cast<std::size_t>(i)];
    check(sample, first);
    copy_pixels(sample.image, batch.images.data_ptr<std::uint8_t>() + i * image_bytes);
    if (!sample.labels.empty()) copy_pixels(sample.labels, batch.labels.data_ptr<std::uint8_t>() + i * label_bytes);
    batch.ids.push_back(sample.id);
    batch.changes.push_back(sample.changes);
  }
  return batch;
}

}  // namespace seg
