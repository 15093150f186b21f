// Cross entropy of only the hard pixels: those whose true class has p < threshold, but at least the min_kept hardest of the
// batch; the mean is over the kept pixels (online hard example mining, arXiv 1604.03540, by pixel).
//
// With several ranks the threshold and the mean are those of the whole batch. If min_kept decides, each rank keeps its share of min_kept, the hardest
// pixels of its part, which are not exactly the hardest of the whole batch.
#pragma once

#include "losses/full_size.hpp"
#include "losses/weighted.hpp"
#include "ops/hard_pixels.hpp"

namespace seg {

class OhemLoss : public WeightedLoss {
 public:
  OhemLoss(const LossOptions& options, const LossContext& context) : WeightedLoss(options, context), options_(options.ohem) {}

  LossResult compute(const LossInput& batch) override {
    const BatchClassStatistics statistics = weighting().weigh(batch);
    const TruePixels pixels = true_pixels(batch);
    const std::int64_t ranks = batch.ranks().world_size(), least = (options_.min_kept + ranks - 1) / ranks;
    const torch::Tensor kept = hard_pixels(pixels.log_probability, pixels.valid, options_.threshold, least);
    return {weighted_mean(pixels.log_probability.neg(), pixels, kept, statistics.weights, weighting().normalizer, batch.ranks()), statistics};
  }

 private:
  OhemOptions options_;
};

}  // namespace seg
