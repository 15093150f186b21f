// The YAML blocks `optimizer` and `schedule`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/fields.hpp"

namespace seg {

struct AdamOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;

  void fields(config::Visitor& v);
};

struct SgdOptions {
  double momentum = 0.9;
  bool nesterov = false;

  void fields(config::Visitor& v);
};

struct OptimizerOptions {
  std::string type = "adam";
  double lr = 1e-3;
  double weight_decay = 0.0;
  double backbone_lr_scale = 1.0;
  AdamOptions adam;
  SgdOptions sgd;

  void fields(config::Visitor& v);
};

struct PolyOptions {
  double power = 0.9;

  void fields(config::Visitor& v);
};

struct CosineOptions {
  double min_factor = 0.0;

  void fields(config::Visitor& v);
};

struct StepOptions {
  std::vector<std::int64_t> milestones;
  double gamma = 0.1;

  void fields(config::Visitor& v);
};

struct ScheduleOptions {
  std::string type = "poly";
  std::int64_t warmup = 0;
  double warmup_start = 0.1;
  PolyOptions poly;
  CosineOptions cosine;
  StepOptions step;

  void fields(config::Visitor& v);
};

}  // namespace seg
