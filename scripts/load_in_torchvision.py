#!/usr/bin/env python3
"""Loads the backbone of a checkpoint into torchvision's ResNet, strictly by name. Needs python3-torch and python3-torchvision.

  load_in_torchvision.py best.safetensors [--backbone resnet18] [--output resnet18.pth] [--compare features.safetensors]

--output writes the weights with torchvision's names. --compare reads an image batch "input" and the features of our own backbone at output
stride 16, "mid" (third stage) and "high" (fourth stage). It fails if torchvision's features differ by more than 1e-4.
"""
import argparse
import json
import struct
import sys

import torch
import torchvision

DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
          "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool}


def load_file(path):
    """{name: tensor}. Uses safetensors.torch.load_file if it is installed."""
    try:
        from safetensors.torch import load_file as load
        return load(path)
    except ImportError:
        pass
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    return {name: tensor_from(data[slice(*entry["data_offsets"])], entry) for name, entry in header.items()}


def tensor_from(data, entry):
    dtype = DTYPES[entry["dtype"]]
    return (torch.frombuffer(data, dtype=dtype) if data else torch.empty(0, dtype=dtype)).reshape(entry["shape"])


def backbone_of(tensors):
    """The weights of the backbone with torchvision's names. The averaged weights, "ema.", replace those of "model."."""
    return {name.removeprefix(prefix): tensor for prefix in ("model.backbone.", "ema.backbone.") for name, tensor in tensors.items()
            if name.startswith(prefix)}


def features(network, image):
    """The output of the third and the fourth stage, at 1/16 and 1/32 of the image size."""
    image = network.maxpool(network.relu(network.bn1(network.conv1(image))))
    mid = network.layer3(network.layer2(network.layer1(image)))
    return {"mid": mid, "high": network.layer4(mid)}


def compare(network, reference):
    worst = 0.0
    with torch.inference_mode():
        for name, theirs in features(network.eval(), reference["input"]).items():
            step = reference[name].shape[-1] // theirs.shape[-1]  # 2: our last stage keeps its resolution, torchvision's halves it
            difference = (reference[name][..., ::step, ::step] - theirs).abs().max().item()
            print(f"{name}: {list(theirs.shape)}, largest value {theirs.abs().max().item():.3g}, largest difference {difference:.2g}")
            worst = max(worst, difference)
    return worst <= 1e-4


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("--backbone", default="resnet18", help="torchvision's name of the network")
    parser.add_argument("--output")
    parser.add_argument("--compare")
    args = parser.parse_args()
    network = getattr(torchvision.models, args.backbone)()
    network.fc = torch.nn.Identity()  # segmentation does not use the ImageNet classifier
    weights = backbone_of(load_file(args.checkpoint))
    network.load_state_dict(weights, strict=True)
    print(f"{len(weights)} tensors of {args.checkpoint} loaded into torchvision's {args.backbone}, none missing, none left")
    if args.output:
        torch.save(network.state_dict(), args.output)
    return 0 if not args.compare or compare(network, load_file(args.compare)) else 1


if __name__ == "__main__":
    sys.exit(main())
