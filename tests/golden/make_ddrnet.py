#!/usr/bin/env python3
"""make_ddrnet.py PUBLIC OUTPUT: reference values of DDRNet-23-slim for tests/models/ddrnet_test.cpp.

PUBLIC is segmentation/DDRNet_23_slim.py of github.com/ydhongHIT/DDRNet (MIT), which is not kept here. The network is built a quarter as wide and
computed in float64. Weights, images and the gradients of the outputs are functions of their place (src/base/random.hpp), so that they need no file.
What is written, for each size NxHxW:
  SIZE.{train,eval}.logits, SIZE.train.auxiliary     float32 [N,K,H/8,W/8]
  SIZE.{train,eval}.gradients                        float32 [parameters,3], by sorted name: norm and products with two random vectors
  SIZE.train.statistics                              float32 [running means and variances,3], the same of what training made of them
Needs PyTorch and numpy.
"""
import importlib.util
import json
import sys

import numpy
import torch

CLASSES = 5
SIZES = ((4, 64, 96), (2, 136, 72), (2, 128, 192))
IMAGES, LOGITS, AUXILIARY, VECTORS = (place << 40 for place in range(1, 5))


def uniform(seed, shape, low, high):
    """As Random(seed).uniform(low, high), once for each value."""
    with numpy.errstate(over="ignore"):
        x = (numpy.arange(numpy.prod(shape, dtype=numpy.int64)).astype(numpy.uint64) + numpy.uint64(seed)) * numpy.uint64(0xD1342543DE82EF95)
        x += numpy.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        x ^= x >> numpy.uint64(31)
    values = low + (high - low) * ((x >> numpy.uint64(11)).astype(numpy.float64) * 2.0**-53)
    return torch.from_numpy(values.astype(numpy.float32).astype(numpy.float64).reshape(shape))


def network(public):
    spec = importlib.util.spec_from_file_location("public", public)
    code = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(code)
    code.BatchNorm2d = torch.nn.BatchNorm2d  # the synchronised one needs a GPU
    model = code.DualResNet(code.BasicBlock, [2, 2, 2, 2], CLASSES, planes=8, spp_planes=32, head_planes=16, augment=True).double()
    state = {name: tensor for name, tensor in model.state_dict().items() if tensor.is_floating_point()}
    for i, name in enumerate(sorted(state)):
        shape = tuple(state[name].shape)
        positive = name.endswith("running_var") or (len(shape) == 1 and name.endswith("weight"))
        bound = (6.0 / numpy.prod(shape[1:])) ** 0.5 if len(shape) == 4 else 0.2
        state[name].copy_(uniform(i << 32, shape, 0.5, 1.5) if positive else uniform(i << 32, shape, -bound, bound))
    return model


def digest(tensors):
    """[tensors,3]: norm and products with two random vectors; zeros for None."""
    rows = []
    for i, tensor in enumerate(tensors):
        flat = torch.zeros(1, dtype=torch.float64) if tensor is None else tensor.detach().reshape(-1)
        vectors = [uniform(VECTORS + (2 * i + j << 32), flat.shape, -1.0, 1.0) for j in range(2)]
        rows.append(torch.stack([flat.norm(), flat @ vectors[0], flat @ vectors[1]]))
    return torch.stack(rows)


def case(public, size, training):
    batch, height, width = size
    model = network(public).train(training)
    images = uniform(IMAGES, (batch, 3, height, width), -2.0, 2.0)
    logits, auxiliary = model(images)
    loss = (logits * uniform(LOGITS, tuple(logits.shape), -1.0, 1.0)).sum()
    found = {"logits": logits.detach()}
    if training:
        loss = loss + (auxiliary * uniform(AUXILIARY, tuple(auxiliary.shape), -1.0, 1.0)).sum()
        found["auxiliary"] = auxiliary.detach()
        found["statistics"] = digest([tensor for name, tensor in sorted(model.named_buffers()) if "running" in name])
    loss.backward()
    found["gradients"] = digest([parameter.grad for _, parameter in sorted(model.named_parameters())])
    mode = "train" if training else "eval"
    return {f"{batch}x{height}x{width}.{mode}.{name}": tensor for name, tensor in found.items()}


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, tensor in sorted(tensors.items()):
        values = tensor.numpy().astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + data)


def main():
    public, output = sys.argv[1:]
    tensors = {}
    for size in SIZES:
        for training in (True, False):
            tensors.update(case(public, size, training))
    write_safetensors(output, tensors)


if __name__ == "__main__":
    main()
