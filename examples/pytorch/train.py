#!/usr/bin/env python3
"""Trains torchvision's DeepLabV3 with a loss of segtrain on a folder of images and label images.

    python train.py IMAGES LABELS --classes 11 --loss iou_gap

IMAGES holds RGB files, LABELS files of the same stem with one byte per pixel: a class, or 255 where there is no label.
"""
import argparse
import pathlib

import numpy
import torch
import torchvision
from PIL import Image

import segtrain.losses

LOSSES = {"ce": segtrain.losses.WeightedCrossEntropy, "recall": segtrain.losses.RecallLoss, "iou_gap": segtrain.losses.IouGapLoss}


class Folder(torch.utils.data.Dataset):
    """Images [3,H,W] normalised as ImageNet's, and labels [H,W]."""

    def __init__(self, images, labels, size):
        self.pairs = [(path, next(labels.glob(path.stem + ".*"))) for path in sorted(images.iterdir())]
        self.size = size

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, index):
        image, label = (Image.open(path) for path in self.pairs[index])
        image = image.convert("RGB").resize(self.size[::-1], Image.BILINEAR)
        image = torchvision.transforms.functional.to_tensor(image)
        image = torchvision.transforms.functional.normalize(image, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
        return image, torch.from_numpy(numpy.array(label.resize(self.size[::-1], Image.NEAREST)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", type=pathlib.Path)
    parser.add_argument("labels", type=pathlib.Path)
    parser.add_argument("--classes", type=int, required=True)
    parser.add_argument("--loss", choices=LOSSES, default="iou_gap")
    parser.add_argument("--size", type=int, nargs=2, default=(360, 480), metavar=("HEIGHT", "WIDTH"))
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()

    network = torchvision.models.segmentation.deeplabv3_resnet50(weights=None, weights_backbone=None, num_classes=options.classes)
    network = network.to(options.device).train()
    loss = LOSSES[options.loss](options.classes).to(options.device)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    data = Folder(options.images, options.labels, options.size)
    drawn = torch.utils.data.RandomSampler(data, replacement=True, num_samples=options.steps * options.batch)
    for step, (images, labels) in enumerate(torch.utils.data.DataLoader(data, options.batch, sampler=drawn), 1):
        # The logits of the head, at stride 8: the loss up-samples them. network(images) would make a tensor of the images' size.
        logits = network.classifier(network.backbone(images.to(options.device))["out"])
        value = loss(logits, labels.to(options.device))
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        print(f"step {step}: loss {value.item():.4f}")


if __name__ == "__main__":
    main()
