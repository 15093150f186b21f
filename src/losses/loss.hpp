// What a loss is: low-resolution logits and full-size labels in, one differentiable number out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/types.hpp"
#include "losses/options.hpp"

namespace seg {

struct LossResult {
  torch::Tensor value;          // float32 scalar, differentiable
  torch::Tensor cross_entropy;  // float64 scalar, detached: plain cross entropy, mean over the valid pixels (0 if there are none)
};

/// The last step, class by class; null where a class had no pixel in the batch (or the loss has no such thing).
struct ClassReadings {
  std::vector<std::optional<double>> weights;  // [K], empty if the loss has no weighting
  std::vector<std::optional<double>> recalls;  // [K], empty if the loss does not count them
};

class Loss {
 public:
  virtual ~Loss() = default;

  /// logits: float32 or bfloat16 [N,K,h,w]; labels: uint8 [N,H,W], 255 = ignored. A batch without a valid pixel gives 0 and zero gradient.
  virtual LossResult compute(const torch::Tensor& logits, const torch::Tensor& labels) = 0;
  /// Weights and recalls of the last compute().
  virtual ClassReadings readings() const { return {}; }
  /// What must survive a restart (smoothed recalls); empty for most.
  virtual State state() const { return {}; }
  virtual void load(const State& state) { (void)state; }
};

/// What a loss may need to know beside its options.
struct LossContext {
  std::vector<std::string> class_names;       // [K]
  bool align_corners = false;                 // corner convention of the model's up-sampling
  std::optional<ClassStatistics> statistics;  // of the training labels; set if needs_statistics()
};

/// The registry's names, for loss.type.
std::vector<std::string> loss_names();
/// Throws kConfiguration for options that contradict each other, whatever the classes are.
void check_loss(const LossOptions& options);
/// The loss in a table of results: its type and what differs from that type's defaults, such as "ce", "ce+enet",
/// "weighted_ce:enet", "recall momentum 0.9", "sum ohem.threshold 0.5 {ce: 1, ohem: 2}".
std::string loss_label(const LossOptions& options);
/// Whether build_loss() wants LossContext::statistics for these options.
bool needs_statistics(const LossOptions& options);
/// Throws kConfiguration for options that do not fit the classes.
std::unique_ptr<Loss> build_loss(const LossOptions& options, const LossContext& context);

}  // namespace seg
