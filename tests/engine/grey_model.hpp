// A model that says what it sees, and frames for it: evaluation without training.
#pragma once

#include <opencv2/core.hpp>
#include <torch/torch.h>

#include <string>
#include <utility>
#include <vector>

#include "data/dataset.hpp"
#include "models/model.hpp"

namespace seg::test {

/// The class of a pixel is the number of its grey value: logits are one-hot, 10 high.
class GreyModel : public Model {
 public:
  explicit GreyModel(std::int64_t classes) : classes_(classes) {}
  ModelOutput forward(const torch::Tensor& images) override {
    const torch::Tensor greys = images.select(1, 0).round().to(torch::kInt64);
    return {torch::one_hot(greys, classes_).permute({0, 3, 1, 2}).to(torch::kFloat) * 10.0, {}};
  }
  std::vector<std::string> class_layers() const override { return {}; }

 private:
  std::int64_t classes_;
};

/// Pixels reach the model as they are.
inline ModelOptions grey_options() {
  ModelOptions options;
  options.input = {.mean = {0, 0, 0}, .std = {1, 1, 1}};
  return options;
}

struct Frame {
  cv::Mat greys;  // what the model sees in each pixel
  cv::Mat labels;
};

class Frames : public Dataset {
 public:
  Frames(std::vector<Frame> frames, std::int64_t classes) : frames_(std::move(frames)) {
    for (std::int64_t c = 0; c < classes; ++c) classes_.push_back({"class" + std::to_string(c), {}, c});
  }
  std::int64_t size() const override { return static_cast<std::int64_t>(frames_.size()); }
  Sample get(std::int64_t index) const override {
    const Frame& frame = frames_[static_cast<std::size_t>(index)];
    Sample sample{{}, frame.labels, id(index)};
    cv::merge(std::vector<cv::Mat>(3, frame.greys), sample.image);
    return sample;
  }
  std::string id(std::int64_t index) const override { return std::to_string(index); }
  const ClassTable& classes() const override { return classes_; }

 private:
  std::vector<Frame> frames_;
  ClassTable classes_;
};

inline cv::Mat pixels(int rows, std::vector<std::uint8_t> values) { return cv::Mat(values, true).reshape(1, rows); }

}  // namespace seg::test
