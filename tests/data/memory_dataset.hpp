// A data set in memory whose pixels tell which sample they belong to.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "data/dataset.hpp"

namespace seg::test {

class MemoryDataset final : public Dataset {
 public:
  /// Sample i is an 8x12 image of value i with a bright left column; its labels are 0 left and 1 right.
  /// `on_get` is called first and may throw.
  explicit MemoryDataset(std::int64_t size, std::function<void(std::int64_t index)> on_get = {}) : on_get_(std::move(on_get)), size_(size) {}

  std::int64_t size() const override { return size_; }
  Sample get(std::int64_t index) const override {
    ++reads;
    if (on_get_) on_get_(index);
    Sample sample;
    sample.image = cv::Mat(8, 12, CV_8UC3, cv::Scalar::all(static_cast<double>(index)));
    sample.image.col(0).setTo(cv::Scalar::all(200));
    sample.labels = cv::Mat(8, 12, CV_8UC1, cv::Scalar(0));
    sample.labels.colRange(6, 12).setTo(1);
    sample.id = id(index);
    return sample;
  }
  std::string id(std::int64_t index) const override { return "set/" + std::to_string(index); }
  const ClassTable& classes() const override { return classes_; }

  mutable std::atomic<std::int64_t> reads = 0;

 private:
  std::function<void(std::int64_t index)> on_get_;
  std::int64_t size_;
  ClassTable classes_ = {{"left", {255, 0, 0}, 0}, {"right", {0, 0, 255}, 1}};
};

/// The transform that does nothing.
inline Sample unchanged(Sample sample, std::uint64_t /*seed*/) { return sample; }

}  // namespace seg::test
