// The interface of losses: a batch in, one differentiable number out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/types.hpp"
#include "losses/loss_input.hpp"
#include "losses/loss_options.hpp"

namespace seg {

/// Statistics of the classes in a batch, on the logits' device.
struct BatchClassStatistics {
  torch::Tensor pixels = {};           // int64 [K] valid pixels; undefined for a loss without weights
  torch::Tensor weights = {};          // float64 [K] as used, meaningless for a class without pixels; undefined for a loss without weights
  torch::Tensor false_negatives = {};  // int64 [K]; undefined unless the weights are computed from recalls or IoUs
  torch::Tensor false_positives = {};  // int64 [K]; undefined unless they are computed from IoUs
};

struct LossResult {
  torch::Tensor value;  // float32 scalar, differentiable; with several ranks, this rank's share
  BatchClassStatistics statistics;
};

class Loss {
 public:
  virtual ~Loss() = default;

  /// A batch without valid pixels gives 0 and zero gradient.
  virtual LossResult compute(const LossInput& batch) = 0;
  /// Whether compute() reads the sums of regions; the batch must be made with them.
  virtual Regions regions() const { return Regions::kNo; }
  /// The state that must survive a restart (smoothed recalls); empty for most losses. compute() does not modify the returned tensors.
  virtual State state() const { return {}; }
  /// The state may be on another device; the loss copies it to its own.
  virtual void load(const State& state) { (void)state; }
};

/// What a loss may need besides its options.
struct LossContext {
  torch::Device device;                            // device of the batches; a loss keeps its tensors there
  std::vector<std::string> class_names = {};       // [K]
  std::optional<ClassStatistics> statistics = {};  // of the training labels; set if needs_statistics()
};

}  // namespace seg
