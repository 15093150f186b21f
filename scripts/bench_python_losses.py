#!/usr/bin/env python3
"""Times segtrain.losses against the same losses in plain PyTorch, eager and compiled, and prints the table of docs/pytorch.md.

    scripts/test_python.sh -k golden      # builds the operators
    PYTHONPATH=python SEGTRAIN_OPERATORS=build-cuda/lib/libsegtrain_operators.so build/venv-cuda/bin/python scripts/bench_python_losses.py

Each program is a process of its own, run in turn; a round is the median over the steps. A step is forward and backward from logits at stride 4.
"""
import argparse
import json
import resource
import statistics
import subprocess
import sys
import time

import torch
from torch.nn import functional

LOSSES = ("ce", "recall", "soft_iou", "iou_gap")
ENGINES = ("segtrain", "eager", "compiled")


class Plain:
    """The losses as one would write them in PyTorch: up-sampled scores, counts by bincount."""

    def __init__(self, name):
        self.name = name

    def __call__(self, logits, labels):
        return getattr(self, self.name)(functional.interpolate(logits, labels.shape[1:], mode="bilinear"), labels)

    @staticmethod
    def counts(scores, labels):
        classes, valid = scores.shape[1], labels != 255
        predicted = scores.argmax(1)
        truth = labels.masked_fill(~valid, 0)
        cells = torch.zeros(classes * classes, device=scores.device, dtype=torch.float64)
        cells.index_add_(0, (truth * classes + predicted).flatten(), valid.flatten().double())
        confusion = cells.view(classes, classes)
        pixels, hits = confusion.sum(1), confusion.diagonal()
        return pixels, pixels - hits, confusion.sum(0) - hits

    @staticmethod
    def ce(scores, labels):
        return functional.cross_entropy(scores, labels, ignore_index=255)

    def recall(self, scores, labels):
        pixels, misses, _ = self.counts(scores.detach(), labels)
        weights = (misses.clamp_min(1) / pixels.clamp_min(1)).float()
        return functional.cross_entropy(scores, labels, weights, ignore_index=255, reduction="sum") / (labels != 255).sum()

    @staticmethod
    def soft_iou(scores, labels):
        valid = (labels != 255)[:, None]
        probability = functional.softmax(scores, 1) * valid
        truth = functional.one_hot(labels.masked_fill(labels == 255, 0), scores.shape[1]).movedim(-1, 1) * valid
        intersection, pixels = (probability * truth).sum((0, 2, 3)), truth.sum((0, 2, 3))
        present = pixels > 0
        iou = intersection / (probability.sum((0, 2, 3)) + pixels - intersection).clamp_min(1e-12)
        return 1 - (iou * present).sum() / present.sum()

    def iou_gap(self, scores, labels):
        pixels, misses, wrong = self.counts(scores.detach(), labels)
        weights = ((misses + wrong).clamp_min(1) / (pixels + wrong).clamp_min(1)).float()
        return 0.25 * functional.cross_entropy(scores, labels, weights, ignore_index=255) + 0.75 * self.soft_iou(scores, labels)


def make(engine, name, classes):
    if engine == "segtrain":
        from segtrain import losses

        kinds = {"ce": losses.WeightedCrossEntropy, "recall": losses.RecallLoss, "soft_iou": losses.SoftIoULoss, "iou_gap": losses.IouGapLoss}
        return kinds[name](classes)
    return torch.compile(Plain(name)) if engine == "compiled" else Plain(name)


def measure(options):
    """Milliseconds a step, and by how many MB the process' peak grew from the data."""
    torch.manual_seed(0)
    dtype, (height, width) = getattr(torch, options.dtype), options.size
    logits = torch.randn((options.batch, options.classes, height // 4, width // 4), dtype=dtype, requires_grad=True)
    labels = torch.randint(0, options.classes, (options.batch, height, width))
    labels[torch.rand(labels.shape) < 0.05] = 255
    loss = make(options.engine, options.loss, options.classes)
    before, times = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, []
    for step in range(options.steps + 2):
        begin = time.perf_counter()
        logits.grad = None
        value = loss(logits, labels)
        value.backward()
        if step >= 2:
            times.append((time.perf_counter() - begin) * 1e3)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {"ms": statistics.median(times), "mb": grown, "loss": value.item()}


def table(options):
    rows = {}
    for _ in range(options.rounds):
        for name in LOSSES:
            for engine in ENGINES:
                command = [sys.executable, __file__, "--loss", name, "--engine", engine, "--steps", options.steps, "--dtype", options.dtype]
                command += ["--batch", options.batch, "--classes", options.classes, "--size", *options.size]
                result = json.loads(subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout)
                rows.setdefault(name, {}).setdefault(engine, []).append(result)
                print(name, engine, result, file=sys.stderr)
    print("| loss | segtrain, ms / MB | PyTorch, ms / MB | compiled, ms / MB |\n|---|---:|---:|---:|")
    for name, engines in rows.items():
        cells = []
        for engine in ENGINES:
            cells.append(" / ".join(f"{statistics.median(one[key] for one in engines[engine]):.0f}" for key in ("ms", "mb")))
        print(f"| `{name}` | {' | '.join(cells)} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--classes", type=int, default=19)
    parser.add_argument("--size", type=int, nargs=2, default=(512, 1024), metavar=("HEIGHT", "WIDTH"))
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--loss", choices=LOSSES, help="measure only this loss, once")
    parser.add_argument("--engine", choices=ENGINES, default="segtrain")
    options = parser.parse_args()
    if options.loss:
        print(json.dumps(measure(options)))
    else:
        table(options)


if __name__ == "__main__":
    main()
