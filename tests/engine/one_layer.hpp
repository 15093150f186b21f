// A network of one layer in place of an experiment's own: steps that take no time, for what surrounds them.
#pragma once

#include <torch/torch.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/training/experiment.hpp"
#include "losses/loss_registry.hpp"

namespace seg::test {

class OneLayer : public Model {
 public:
  explicit OneLayer(std::int64_t classes) : conv_(torch::nn::Conv2dOptions(3, classes, 3).stride(4).padding(1)) { register_module("conv", conv_); }
  ModelOutput forward(const torch::Tensor& images) override { return {conv_(images), {}}; }
  std::vector<std::string> class_layers() const override { return {"conv"}; }

 private:
  torch::nn::Conv2d conv_;
};

/// The same experiment with another network, for these ranks.
inline Experiment with_one_layer(const Experiment& built, const Communicator& ranks = {}) {
  const RunConfig& config = built.config;
  const auto classes = static_cast<std::int64_t>(built.classes().size());
  LossContext context{built.compute.device};
  for (const ClassInfo& info : built.classes()) context.class_names.push_back(info.name);
  return {config,
          ranks,
          built.compute,
          built.threads,
          built.train_set,
          built.val_set,
          built.train_set,
          built.val_set,
          built.sampling,
          built.transform,
          built.iterations_per_epoch,
          built.iterations,
          std::make_unique<Learner>(config, built.iterations, built.compute, std::make_shared<OneLayer>(classes),
                                    Learner::Losses{build_loss(config.loss, context), nullptr}, std::set<std::string>{}, ranks)};
}

}  // namespace seg::test
