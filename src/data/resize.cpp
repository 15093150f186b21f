#include "data/resize.hpp"

#include <opencv2/imgproc.hpp>

namespace seg {
namespace {

cv::Mat resized(const cv::Mat& pixels, Size size, int interpolation) {
  if (size == Size{} || size_of(pixels) == size) return pixels;
  cv::Mat result;
  cv::resize(pixels, result, cv_size(size), 0, 0, interpolation);
  return result;
}

}  // namespace

cv::Mat resize_image(const cv::Mat& image, Size size) {
  const bool grows = size.height > image.rows || size.width > image.cols;
  return resized(image, size, grows ? cv::INTER_LINEAR : cv::INTER_AREA);
}

// INTER_NEAREST uses floor(target * ratio), which is up to half a source pixel off the image's geometry.
cv::Mat resize_labels(const cv::Mat& labels, Size size) { return resized(labels, size, cv::INTER_NEAREST_EXACT); }

}  // namespace seg
