// Converts a trained network to a self-contained ONNX model: pixels in, logits or labels at the same size out.
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
  Size size = {};            // fixes H and W; 0x0: they are free, like N, which always is
  Size resized = {};         // size to which images were resized for the network; 0x0: not resized. Only for the metadata
  torch::Tensor shift = {};  // float32 [1,K,1,1], subtracted from the logits (see logit_shift); undefined: none
};

/// Converts `model` in float32; the graph gives the model's prediction in evaluation mode, up to rounding. Throws kInternal if the result does not
/// pass ONNX's checker and strict shape inference. Throws kConfiguration for an unknown architecture.
onnx::ModelProto onnx_model(const Model& model, const ModelOptions& model_options, const ClassTable& classes, const OnnxOptions& options);

}  // namespace seg
