// Weights that stay the same for the whole run, mostly from the pixels n_c of each class in the training labels.
//
//   inverse frequency  w_c = 1 / (K f_c), f_c = n_c / sum n
//   median frequency   w_c = median(g) / g_c, g_c = n_c over the pixels of the images that contain c (SegNet, arXiv 1511.00561)
//   effective number   w_c = (1 - b) / (1 - b^n_c), b = (N - 1) / N, scaled to sum K (arXiv 1901.05555); N = sum n, all labelled pixels
//                      (there N is the number of distinct samples of a class, which nobody knows)
//   ENet               w_c = 1 / ln(1.02 + f_c) (arXiv 1606.02147)
//
// A class with n_c = 0 gets weight 1 (and takes no part in the median or the scaling).
#pragma once

#include <map>

#include "losses/class_weighting/class_weighting.hpp"

namespace seg {

std::vector<double> inverse_frequency(const ClassStatistics& statistics);
std::vector<double> median_frequency(const ClassStatistics& statistics);
std::vector<double> effective_number(const ClassStatistics& statistics);
std::vector<double> enet(const ClassStatistics& statistics);

/// By class name; 1 for classes not named. Throws kConfiguration for a name that is no class.
std::vector<double> manual_weights(const std::map<std::string, double>& weights, const std::vector<std::string>& class_names);

class StaticWeights : public ClassWeighting {
 public:
  StaticWeights(const std::vector<double>& weights, const torch::Device& device);

  torch::Tensor weights(const ClassSums&) override { return weights_; }

 private:
  torch::Tensor weights_;  // float64 [K]
};

}  // namespace seg
