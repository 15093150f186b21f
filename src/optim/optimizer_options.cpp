#include "optim/optimizer_options.hpp"

#include "optim/optimizer.hpp"
#include "optim/schedule.hpp"

namespace seg {

void AdamOptions::fields(config::Visitor& v) {
  v.field("beta1", beta1, {.help = "decay of the mean of the gradients", .min = 0.0, .max = 0.9999999});
  v.field("beta2", beta2, {.help = "decay of the mean of their squares", .min = 0.0, .max = 0.9999999});
  v.field("eps", eps, {.help = "added to the denominator", .min = 1e-30, .max = 1.0});
}

void SgdOptions::fields(config::Visitor& v) {
  v.field("momentum", momentum, {.help = "share of the last update that is kept; 0 is plain gradient descent", .min = 0.0, .max = 0.9999999});
  v.field("nesterov", nesterov, {.help = "look ahead along the momentum"});
}

void OptimizerOptions::fields(config::Visitor& v) {
  v.field("type", type, {.help = "the optimiser", .choices = optimizer_names()});
  v.field("lr", lr, {.help = "base learning rate, which the schedule scales", .min = 0.0, .max = 1000.0});
  v.field("weight_decay", weight_decay,
          {.help = "pull towards zero of all weights but norm weights and biases; decoupled from the gradient for adamw", .min = 0.0, .max = 10.0});
  v.field("backbone_lr_scale", backbone_lr_scale,
          {.help = "learning rate of the backbone over that of the head; layers that model.pretrained does not hold learn like the head",
           .min = 0.0,
           .max = 1000.0});
  v.block("adam", adam, "adam and adamw");
  v.block("sgd", sgd, "stochastic gradient descent");
}

void PolyOptions::fields(config::Visitor& v) {
  v.field("power", power, {.help = "exponent of the decay (1 - progress)^power", .min = 0.0, .max = 10.0});
}

void CosineOptions::fields(config::Visitor& v) {
  v.field("min_factor", min_factor, {.help = "learning rate at the end over the base learning rate", .min = 0.0, .max = 1.0});
}

void StepOptions::fields(config::Visitor& v) {
  v.field("milestones", milestones, {.help = "iterations at which the learning rate falls", .unit = "iterations", .min = 0.0});
  v.field("gamma", gamma, {.help = "factor at each milestone", .min = 0.0, .max = 1.0});
}

void ScheduleOptions::fields(config::Visitor& v) {
  v.field("type", type, {.help = "how the learning rate falls", .choices = schedule_names()});
  v.field("warmup", warmup, {.help = "linear rise at the start, before the decay", .unit = "iterations", .min = 0.0});
  v.field("warmup_start", warmup_start,
          {.help = "learning rate of the first iteration of the rise over the base learning rate", .min = 0.0, .max = 1.0});
  v.block("poly", poly, "polynomial decay to zero");
  v.block("cosine", cosine, "half a cosine");
  v.block("step", step, "falls at milestones");
}

}  // namespace seg
