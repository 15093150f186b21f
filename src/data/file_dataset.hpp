// A data set of paired image and label files, for all layouts.
#pragma once

#include <cstdint>
#include <string>

#include "data/dataset.hpp"
#include "data/listing.hpp"

namespace seg {

class FileDataset : public Dataset {
 public:
  FileDataset(Listing listing, std::int64_t max_pixels, FrameSize frame = {})
      : listing_(std::move(listing)), max_pixels_(max_pixels), frame_(frame) {}

  std::int64_t size() const override { return static_cast<std::int64_t>(listing_.pairs.size()); }
  Sample get(std::int64_t index) const override;
  std::string id(std::int64_t index) const override { return pair(index).id; }
  const ClassTable& classes() const override { return listing_.classes; }

  /// Only the labels, at their own size, which is compared with the size in the image's header. Throws kData like get.
  cv::Mat read_labels(std::int64_t index) const;

  /// For checks that continue where get would throw.
  const FilePair& pair(std::int64_t index) const { return listing_.pairs.at(static_cast<std::size_t>(index)); }
  const LabelEncoding& encoding() const { return listing_.encoding; }
  std::int64_t max_pixels() const { return max_pixels_; }
  /// The size of the frames that get returns.
  const FrameSize& frame() const { return frame_; }

 private:
  cv::Mat decode_labels(const FilePair& pair, const Size& image_size) const;

  Listing listing_;
  std::int64_t max_pixels_;
  FrameSize frame_;
};

/// The message for an image and labels that differ in size; empty if the sizes agree.
std::string size_mismatch(const Size& image, const cv::Mat& labels);

}  // namespace seg
