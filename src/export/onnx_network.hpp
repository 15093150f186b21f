// The networks of src/models as ONNX operators: their layers found by name, batch norm folded into the convolution before it.
//
//   gamma (W x - mean) / sqrt(var + eps) + beta = (s W) x + (beta - s mean),   s = gamma / sqrt(var + eps), in double
#pragma once

#include "data/augment/augment_options.hpp"
#include "export/onnx_graph.hpp"
#include "models/model.hpp"

namespace seg {

/// Adds the network to the graph. `image`: float32 [N,3,H,W], RGB, 0..255. Returns logits float32 [N,K,h,w] at the head's stride.
/// Dropout and the auxiliary head have no part in it. Throws kConfiguration for an architecture it does not know.
OnnxGraph::Value add_network(OnnxGraph& graph, const OnnxGraph::Value& image, const Model& model, const ModelOptions& options);

}  // namespace seg
