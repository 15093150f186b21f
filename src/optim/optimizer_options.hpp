// The YAML blocks `optimizer` and `schedule`.
#pragma once

#include <cstdint>
#include <vector>

#include "config/fields.hpp"

namespace seg {

enum class OptimizerType { kAdam, kAdamW, kSgd };
enum class ScheduleType { kConstant, kPoly, kCosine, kStep };

inline constexpr config::Name<OptimizerType> kOptimizerTypes[] = {
    {OptimizerType::kAdam, "adam"}, {OptimizerType::kAdamW, "adamw"}, {OptimizerType::kSgd, "sgd"}};
inline constexpr config::Name<ScheduleType> kScheduleTypes[] = {
    {ScheduleType::kConstant, "constant"}, {ScheduleType::kPoly, "poly"}, {ScheduleType::kCosine, "cosine"}, {ScheduleType::kStep, "step"}};

struct AdamOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;

  void fields(config::Visitor& v) {
    v.field("beta1", beta1, {.help = "decay of the running mean of the gradients", .min = 0.0, .max = 0.9999999});
    v.field("beta2", beta2, {.help = "decay of the running mean of the squared gradients", .min = 0.0, .max = 0.9999999});
    v.field("eps", eps, {.help = "added to the denominator", .min = 1e-30, .max = 1.0});
  }
};

struct SgdOptions {
  double momentum = 0.9;
  bool nesterov = false;

  void fields(config::Visitor& v) {
    v.field("momentum", momentum, {.help = "factor of the previous update; 0 is plain gradient descent", .min = 0.0, .max = 0.9999999});
    v.field("nesterov", nesterov, {.help = "use Nesterov momentum"});
  }
};

struct OptimizerOptions {
  OptimizerType type = OptimizerType::kAdam;
  double lr = 1e-3;
  double weight_decay = 0.0;
  double backbone_lr_scale = 1.0;
  AdamOptions adam;
  SgdOptions sgd;

  void fields(config::Visitor& v) {
    v.choice("type", type, kOptimizerTypes, {.help = "the optimiser"});
    v.field("lr", lr, {.help = "base learning rate, scaled by the schedule", .min = 0.0, .max = 1000.0});
    v.field("weight_decay", weight_decay,
            {.help = "decay of all weights except norm weights and biases; decoupled from the gradient for adamw", .min = 0.0, .max = 10.0});
    v.field("backbone_lr_scale", backbone_lr_scale,
            {.help = "learning rate of the backbone relative to the head; layers that are not in model.pretrained learn like the head",
             .min = 0.0,
             .max = 1000.0});
    v.block("adam", adam, "adam and adamw");
    v.block("sgd", sgd, "stochastic gradient descent");
  }
};

struct PolyOptions {
  double power = 0.9;

  void fields(config::Visitor& v) { v.field("power", power, {.help = "exponent of the decay (1 - progress)^power", .min = 0.0, .max = 10.0}); }
};

struct CosineOptions {
  double min_factor = 0.0;

  void fields(config::Visitor& v) {
    v.field("min_factor", min_factor, {.help = "learning rate at the end relative to the base learning rate", .min = 0.0, .max = 1.0});
  }
};

struct StepOptions {
  std::vector<std::int64_t> milestones;
  double gamma = 0.1;

  void fields(config::Visitor& v) {
    v.field("milestones", milestones, {.help = "iterations at which the learning rate is reduced", .unit = "iterations", .min = 0.0});
    v.field("gamma", gamma, {.help = "factor at each milestone", .min = 0.0, .max = 1.0});
  }
};

struct ScheduleOptions {
  ScheduleType type = ScheduleType::kPoly;
  std::int64_t warmup = 0;
  double warmup_start = 0.1;
  PolyOptions poly;
  CosineOptions cosine;
  StepOptions step;

  void fields(config::Visitor& v) {
    v.choice("type", type, kScheduleTypes, {.help = "how the learning rate decreases"});
    v.field("warmup", warmup, {.help = "length of the linear warm-up at the start, before the decay", .unit = "iterations", .min = 0.0});
    v.field("warmup_start", warmup_start,
            {.help = "learning rate of the first iteration of the warm-up relative to the base learning rate", .min = 0.0, .max = 1.0});
    v.block("poly", poly, "polynomial decay to zero");
    v.block("cosine", cosine, "half a cosine");
    v.block("step", step, "reduction at milestones");
  }
};

}  // namespace seg
