// What a loss is: a batch in, one differentiable number out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/types.hpp"
#include "losses/loss_input.hpp"
#include "losses/loss_options.hpp"

namespace seg {

/// What a batch says of its classes, on the logits' device.
struct BatchClassStatistics {
  torch::Tensor pixels = {};           // int64 [K] valid pixels; undefined for a loss without weights
  torch::Tensor weights = {};          // float64 [K] as used, meaning nothing for a class without a pixel; likewise
  torch::Tensor false_negatives = {};  // int64 [K]; undefined unless the weights follow recalls or IoUs
  torch::Tensor false_positives = {};  // int64 [K]; undefined unless they follow IoUs
};

struct LossResult {
  torch::Tensor value;  // float32 scalar, differentiable; with several ranks this one's share
  BatchClassStatistics statistics;
};

class Loss {
 public:
  virtual ~Loss() = default;

  /// A batch without a valid pixel gives 0 and zero gradient.
  virtual LossResult compute(const LossInput& batch) = 0;
  /// Whether compute() reads the sums of regions; the batch is to be made accordingly.
  virtual Regions regions() const { return Regions::kNo; }
  /// What must survive a restart (smoothed recalls); empty for most. compute() leaves the tensors given out as they are.
  virtual State state() const { return {}; }
  /// The state may be on another device; what the loss keeps stays where it is.
  virtual void load(const State& state) { (void)state; }
};

/// What a loss may need to know beside its options.
struct LossContext {
  torch::Device device;                            // of the batches to come; what a loss keeps is there from the start
  std::vector<std::string> class_names = {};       // [K]
  std::optional<ClassStatistics> statistics = {};  // of the training labels; set if needs_statistics()
};

}  // namespace seg
