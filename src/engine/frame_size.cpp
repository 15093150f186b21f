#include "engine/frame_size.hpp"

namespace seg {

FrameSize training_frame(const RunConfig& config) { return config.augment.crop ? FrameSize{} : FrameSize{config.data.size, config.data.size}; }

FrameSize evaluation_frame(const RunConfig& config) {
  const bool resized = config.eval.input == EvalInput::kResized || (config.eval.input == EvalInput::kAuto && !config.augment.crop);
  if (!resized) return {};
  return {config.data.size, config.eval.size == ScoredSize::kLabels ? Size{} : config.data.size};
}

}  // namespace seg
