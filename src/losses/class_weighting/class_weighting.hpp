// How a class gets its weight in a step: from the training set's statistics, by hand, or from the batch's recall.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "losses/class_counts.hpp"
#include "losses/loss.hpp"

namespace seg {

class ClassWeighting {
 public:
  virtual ~ClassWeighting() = default;

  /// Weights [K], finite and >= 0, of this step; those of classes without pixels mean nothing.
  virtual std::vector<double> compute(const ClassCounts& counts) = 0;
  /// Of the last compute(); null for classes without pixels.
  virtual ClassReadings readings() const = 0;
  virtual State state() const { return {}; }
  /// Throws kStorage where the state does not fit.
  virtual void load(const State& state) { (void)state; }
};

/// What the weighted sum is divided by.
enum class Normalizer { kValidPixels, kWeightSum };

/// A weighting as a loss uses it.
struct Weighting {
  std::unique_ptr<ClassWeighting> classes;
  Normalizer normalizer = Normalizer::kValidPixels;
};

/// The name of the weighting that a loss other than a sum follows. Throws kConfiguration where loss.weighting says something that
/// the loss cannot follow.
std::string weighting_of(const LossOptions& options);
/// Whether the loss takes loss.weighting.
bool follows_weighting(const std::string& loss);
/// Whether the weights come from the training set's statistics alone.
bool weighting_needs_statistics(const std::string& name);
/// These weights [K], for a name of which that is true.
std::vector<double> counted_weights(const std::string& name, const ClassStatistics& statistics);
/// `name` is one of weighting_names(). Throws kConfiguration for options that do not fit the classes.
Weighting build_weighting(const std::string& name, const LossOptions& options, const LossContext& context);

/// The divisor for these weights and counts: sum_c GT_c or sum_c w_c GT_c.
double divisor(Normalizer normalizer, const std::vector<double>& weights, const std::vector<std::int64_t>& pixels);

}  // namespace seg
