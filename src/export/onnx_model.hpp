// A trained network as an ONNX model that needs nothing of ours: pixels in, logits or labels at their size out.
//
//   image   float32 [N,3,H,W], RGB, 0..255; normalisation is inside
//   logits  float32 [N,K,H,W], or labels int64 [N,H,W]: the arg-max, ties to the lowest train id
//
// metadata_props: "classes", a JSON list by train id of {"name", "id", "color": [r,g,b]}; "input", how to fill `image`.
#pragma once

#include <onnx/onnx_pb.h>

#include "base/classes.hpp"
#include "base/size.hpp"
#include "data/augment/augment_options.hpp"
#include "models/model.hpp"

namespace seg {

struct OnnxOptions {
  bool labels = false;       // the output is labels, not logits
  Size size = {};            // H and W are fixed to it; 0x0: they are free, as N always is
  Size resized = {};         // what images are resized to before the network sees them; 0x0: they are not. For the metadata
  torch::Tensor shift = {};  // float32 [1,K,1,1], taken from the logits (see logit_shift); undefined: none
};

/// `model` in float32; in evaluation its prediction is that of the graph up to rounding. Passes ONNX's checker and strict shape
/// inference, or throws kInternal. Throws kConfiguration for an architecture that it does not know.
onnx::ModelProto onnx_model(const Model& model, const ModelOptions& model_options, const ClassTable& classes, const OnnxOptions& options);

}  // namespace seg
