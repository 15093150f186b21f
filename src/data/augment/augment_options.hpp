// Options of the augmentation of training samples: the YAML block `augment`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/fields.hpp"

namespace seg {

enum class AugmentDevice { kAuto, kCpu, kGpu };

inline constexpr config::Name<AugmentDevice> kAugmentDevices[] = {
    {AugmentDevice::kAuto, "auto"}, {AugmentDevice::kCpu, "cpu"}, {AugmentDevice::kGpu, "gpu"}};

/// The factor by which a frame is resized before a crop is cut out.
struct ScaleOptions {
  double min = 0.75;
  double max = 1.75;
  std::vector<double> steps;

  void fields(config::Visitor& v) {
    v.field("min", min, {.help = "smallest scale factor; factors are drawn uniformly from min to max; used with crop", .min = 0.1, .max = 10.0});
    v.field("max", max, {.help = "largest scale factor", .min = 0.1, .max = 10.0});
    v.field("steps", steps, {.help = "list of factors to draw from instead; empty: draw from min to max", .min = 0.1, .max = 10.0});
  }
};

/// Strengths as in torchvision's ColorJitter: a factor is drawn from [max(0, 1 - s), 1 + s], the hue shift from [-hue, hue].
struct ColorOptions {
  double brightness = 0.0;
  double contrast = 0.0;
  double saturation = 0.0;
  double hue = 0.0;

  void fields(config::Visitor& v) {
    v.field("brightness", brightness, {.help = "strength of the brightness jitter, 0 = off", .min = 0.0, .max = 2.0});
    v.field("contrast", contrast, {.help = "strength of the contrast jitter, 0 = off", .min = 0.0, .max = 2.0});
    v.field("saturation", saturation, {.help = "strength of the saturation jitter, 0 = off", .min = 0.0, .max = 2.0});
    v.field("hue", hue, {.help = "largest hue shift, 0 = off", .unit = "turns", .min = 0.0, .max = 0.5});
  }
};

struct BlurOptions {
  double probability = 0.0;
  double sigma = 1.5;

  void fields(config::Visitor& v) {
    v.field("probability", probability, {.help = "probability that a sample is blurred, 0 = off", .min = 0.0, .max = 1.0});
    v.field("sigma", sigma,
            {.help = "largest standard deviation of the Gaussian; it is drawn uniformly from 0 to this", .unit = "pixels", .min = 0.1, .max = 20.0});
  }
};

struct AugmentOptions {
  bool crop = false;
  double crop_min_valid = 0.1;
  std::vector<std::string> rare_classes;
  double rare_probability = 0.5;
  ScaleOptions scale;
  double flip = 0.5;
  ColorOptions color;
  BlurOptions blur;
  AugmentDevice device = AugmentDevice::kAuto;

  void fields(config::Visitor& v) {
    v.field("crop", crop, {.help = "train on random crops of data.size from the scaled frame; false: on the whole frame resized to data.size"});
    v.field("crop_min_valid", crop_min_valid,
            {.help = "fraction of labelled pixels that a crop should contain; after ten tries the best crop is used", .min = 0.0, .max = 1.0});
    v.field("rare_classes", rare_classes, {.help = "names or train ids of classes that crops should contain more often"});
    v.field("rare_probability", rare_probability,
            {.help = "probability that a crop is placed over a pixel of a rare class, if the frame has one", .min = 0.0, .max = 1.0});
    v.block("scale", scale, "scale jitter before the crop");
    v.field("flip", flip, {.help = "probability of a left-right flip, 0 = off", .min = 0.0, .max = 1.0});
    v.block("color", color, "colour jitter");
    v.block("blur", blur, "Gaussian blur");
    v.choice("device", device, kAugmentDevices,
             {.help = "where flip, colour jitter and blur run: on the loader's threads (cpu) or on the network's device (gpu); auto: gpu with CUDA"});
  }
};

}  // namespace seg
