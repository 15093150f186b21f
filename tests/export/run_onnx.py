"""run_onnx.py MODEL INPUT N,C,H,W OUTPUT: feeds float32 values to the only input, writes the only output's raw bytes."""

import sys

import numpy
import onnxruntime

model, source, shape, output = sys.argv[1:]
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
image = numpy.fromfile(source, numpy.float32).reshape([int(size) for size in shape.split(",")])
(result,) = session.run(None, {session.get_inputs()[0].name: image})
result.tofile(output)
