// Losses written pixel by pixel in double, straight from their definitions: what the fast ones are held against.
#pragma once

#include <torch/types.h>

#include <cmath>
#include <cstdint>
#include <vector>

namespace seg::test {

/// Logits [N,K,H,W] of any float type at the labels' size, labels uint8 [N,H,W].
struct NaiveBatch {
  struct Pixel {
    std::vector<double> scores;
    std::vector<double> probabilities;
    int truth;
    int predicted;
  };
  std::vector<Pixel> pixels;  // the valid ones
  std::int64_t classes;

  NaiveBatch(const torch::Tensor& logits, const torch::Tensor& labels) : classes(logits.size(1)) {
    const torch::Tensor rows = logits.detach().to(torch::kDouble).permute({0, 2, 3, 1}).contiguous().view({-1, classes});
    const torch::Tensor truth = labels.contiguous().flatten();
    for (std::int64_t n = 0; n < rows.size(0); ++n) {
      const int label = truth.data_ptr<std::uint8_t>()[n];
      if (label != 255) pixels.push_back(pixel(rows.data_ptr<double>() + n * classes, label));
    }
  }

  static double entropy(const Pixel& p) { return -std::log(p.probabilities[static_cast<std::size_t>(p.truth)]); }

  std::vector<double> per_class(double (*value)(const Pixel&)) const {
    std::vector<double> sums(static_cast<std::size_t>(classes), 0.0);
    for (const Pixel& p : pixels) sums[static_cast<std::size_t>(p.truth)] += value(p);
    return sums;
  }
  std::vector<double> counts() const {
    return per_class([](const Pixel&) { return 1.0; });
  }
  std::vector<double> misses() const {
    return per_class([](const Pixel& p) { return p.predicted != p.truth ? 1.0 : 0.0; });
  }
  std::vector<double> entropies() const { return per_class(entropy); }

 private:
  Pixel pixel(const double* scores, int truth) const {
    Pixel p{.scores = {scores, scores + classes}, .probabilities = {}, .truth = truth, .predicted = 0};
    double largest = scores[0], sum = 0;
    for (int k = 1; k < classes; ++k) {
      if (scores[k] > largest) {
        largest = scores[k];
        p.predicted = k;
      }
    }
    for (int k = 0; k < classes; ++k) sum += std::exp(scores[k] - largest);
    for (int k = 0; k < classes; ++k) p.probabilities.push_back(std::exp(scores[k] - largest) / sum);
    return p;
  }
};

}  // namespace seg::test
