// One optimiser step under way: what Learner::step does, whether the host waits for it or not.
#pragma once

#include <cmath>
#include <utility>
#include <vector>

#include "data/augment/batch_changes.hpp"
#include "engine/training/learner.hpp"
#include "engine/training/learner_ahead.hpp"
#include "engine/training/readings_sum.hpp"
#include "ops/normalize.hpp"

namespace seg {

class Learner::Step {
 public:
  Step(Learner& learner, StepTiming timing) : learner_(learner), timed_(timing == StepTiming::kParts || learner.compute_.device.is_cpu()) {
    if (timed_) result_.laps = StepLaps(learner.compute_.device);
  }

  /// Adds the gradients of one micro-batch, and its share of loss and cross entropy.
  void accumulate(const Batch& given, double share, bool last) {
    const torch::Device device = learner_.compute_.device;
    const auto [pixels, labels] =
        make_changes(given.images.to(device, /*non_blocking=*/true), given.labels.to(device, /*non_blocking=*/true), given.changes);
    // On the CPU a step keeps the bits that it had before there was another way.
    const torch::ScalarType type = device.is_cuda() ? learner_.compute_.precision : torch::kFloat32;
    const torch::Tensor images = normalize(pixels, learner_.config_.model.input, type);
    end(&StepTimes::input);
    const ModelOutput output = forward(images);
    end(&StepTimes::forward);
    const auto scored = [&, this](const torch::Tensor& logits, const Loss& loss) {
      return Scored(logits, labels, learner_.config_.model.align_corners, learner_.ranks_, learner_.compute_.runs_ahead, loss.regions());
    };
    const Scored batch = scored(output.logits, *learner_.losses_.main);
    const LossResult main = learner_.losses_.main->compute(batch);
    torch::Tensor total = main.value;
    if (output.auxiliary.defined() && learner_.losses_.auxiliary)
      total = total + learner_.config_.model.auxiliary_weight *
                          learner_.losses_.auxiliary->compute(scored(output.auxiliary, *learner_.losses_.auxiliary)).value;
    add_to(result_.loss, total.detach().to(torch::kDouble) * share);
    add_to(result_.cross_entropy, main.cross_entropy * share);
    add_to(result_.class_pixels, batch.sums().pixels);
    readings_.add(main.readings);
    end(&StepTimes::loss);
    if (last && learner_.gradient_sum_) learner_.gradient_sum_->begin();
    (total * share).backward();
    end(&StepTimes::backward);
  }

  /// Clips and updates; a step that is not finite is taken back.
  StepResult finish(double learning_rate, const Undo& undo, int stop_signal) {
    finish_gradients();
    result_.learning_rate = learning_rate;
    const double norm = clip_gradients(learner_.groups_, learner_.config_.train.clip_norm);
    const bool finite = std::isfinite(norm) && std::isfinite(result_.loss.item<double>()) && undo.finite().item<bool>();
    const torch::TensorOptions there = result_.loss.options();
    const Agreement all = agree({torch::full({}, finite, there.dtype(torch::kBool)), torch::full({}, stop_signal, there)});
    const bool good = all.good.item<bool>();
    result_.outcome = HostCopy(torch::stack({result_.loss, torch::full({}, norm, there), all.good.to(torch::kDouble), all.stop_signal}));
    if (!good) {
      undo.take_back();
      result_.class_pixels.reset();
      return result_;
    }
    learner_.optimizer_->step(learning_rate);
    if (learner_.ema_) learner_.ema_->update();
    end(&StepTimes::update);
    return result_;
  }

  /// The same, all of it decided on the device.
  StepResult finish_ahead(const Ahead& ahead, const Undo& undo) {
    const torch::NoGradGuard no_gradient;
    finish_gradients();
    const torch::Tensor norm = clip_gradients_there(learner_.groups_, learner_.config_.train.clip_norm);
    const auto [good, stop_signal] = agree({norm.isfinite().logical_and(result_.loss.isfinite()).logical_and(undo.finite()), ahead.stop_signal});
    const torch::Tensor skip = good.logical_not().to(torch::kFloat);
    learner_.optimizer_->step_unless(skip, ahead.learning_rate);
    undo.take_back_unless(good);
    if (learner_.ema_) learner_.ema_->update_unless(skip);
    result_.class_pixels = result_.class_pixels * good;
    ahead.outcome.copy_(torch::stack({result_.loss, norm.to(torch::kDouble), good.to(torch::kDouble), stop_signal}));
    end(&StepTimes::update);
    return result_;
  }

 private:
  /// What the ranks decide about a step together; scalars on the device.
  struct Agreement {
    torch::Tensor good;         // bool: all is finite
    torch::Tensor stop_signal;  // float64: 0, or what some were asked to stop with
  };

  /// From this rank's view that of all. In one message with what else they must know of each other: the loss, and the running statistics, which
  /// become their mean over the ranks unless they are of the whole batch already.
  Agreement agree(const Agreement& own) {
    const Communicator& ranks = learner_.ranks_;
    if (!ranks.several()) return own;
    const torch::NoGradGuard no_gradient;
    std::vector<torch::Tensor> parts{torch::stack(
        {own.stop_signal.ne(0).to(torch::kDouble), own.stop_signal, own.good.logical_not().to(torch::kDouble), result_.loss, result_.cross_entropy})};
    std::vector<torch::Tensor> statistics;
    if (!learner_.part_.whole_batch_statistics) {
      for (const torch::Tensor& buffer : learner_.model_->buffers())
        if (buffer.is_floating_point()) statistics.push_back(buffer);
      for (const torch::Tensor& buffer : statistics) parts.push_back(buffer.flatten().to(torch::kDouble));
    }
    std::int64_t offset = parts.front().numel();
    const torch::Tensor all = torch::cat(parts);
    ranks.sum(all);
    result_.loss = all[3].clone();
    result_.cross_entropy = all[4].clone();
    for (const torch::Tensor& buffer : statistics) {
      buffer.copy_((all.narrow(0, offset, buffer.numel()) / static_cast<double>(ranks.world_size())).view(buffer.sizes()));
      offset += buffer.numel();
    }
    return {all[2].eq(0), (all[1] / all[0].clamp_min(1)).round()};
  }

  void finish_gradients() {
    if (learner_.gradient_sum_) learner_.gradient_sum_->finish();
    end(&StepTimes::ranks);
    result_.readings = readings_.mean();
  }

  void end(double StepTimes::*part) {
    if (timed_) result_.laps.end(part);
  }

  ModelOutput forward(const torch::Tensor& images) {
    const BatchPartScope part(learner_.part_);
    const PrecisionScope precision(learner_.compute_.device, learner_.compute_.precision);
    return learner_.model_->forward(images);
  }

  Learner& learner_;
  bool timed_;
  StepResult result_;
  ReadingsSum readings_;
};

}  // namespace seg
