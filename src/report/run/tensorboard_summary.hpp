// Converts an event to a summary for TensorBoard: scalars, histograms, text, images, hyper-parameters.
//
//   Tags: train/NAME, validation/NAME, class_weights/CLASS, class_recalls/CLASS or class_ious/CLASS, class_weights (a histogram over the classes),
//   run and configuration (text), panels/TITLE (images), and those of the hparams plugin (tensorboard/plugins/hparams/plugin_data.proto): the main
//   settings of the run, with the metrics validation/mean_accuracy and validation/mean_iou.
#pragma once

#include <string>

#include "report/run/events.hpp"
#include "report/run/tensorboard.pb.h"

namespace seg {

/// Empty for events that are not written for TensorBoard; `configuration` (YAML) is added to "start". Pictures that cannot be read are
/// logged and left out.
tensorboard::Summary tensorboard_summary(const Event& event, const std::string& configuration);

}  // namespace seg
