#!/usr/bin/env python3
"""Prints the table of docs/networks.md: what each network costs to train and to run.

  scripts/bench_networks.py [--rounds N] [--output DIR]

Every round runs `segbench train` (4 images of 360x480) and `segbench predict` (one image of 512x1024) once for each network, one after the other;
the table has medians over the rounds (default 3). DIR (default runs/bench-networks) gets the JSON of every run.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess

BACKBONES = ["resnet18", "resnet34", "resnet50", "resnet101", "resnet18_published", "efficientnet_lite0"]
NETWORKS = [(arch, backbone) for arch in ("deeplabv3plus", "deeplabv3") for backbone in BACKBONES] + [("ddrnet23_slim", None)]
BIN = pathlib.Path(os.environ.get("SEG_BIN", pathlib.Path(__file__).resolve().parent.parent / "build/bin"))
ROOTS = {"CITYSCAPES_ROOT": "."}  # the recipe wants it; the scenes are drawn
COMMANDS = {
    "train": ["--config", "cityscapes_ce.yaml", "--synthetic-only", "--steps", "4", "--warmup", "1", "--largest-product", "64",
              "--set", "data.size=[360,480]", "--set", "train.batch_size=4"],
    "predict": ["--config", "cityscapes_ce.yaml", "--set", "data.size=[512,1024]", "--images", "10", "--warmup", "2"],
}


def words(arch, backbone):
    chosen = ["--set", f"model.arch={arch}", "--set", "model.pretrained=", "--draw", "8"]
    if backbone:
        return chosen + ["--set", f"model.backbone={backbone}"]
    return chosen + ["--set", "optimizer.backbone_lr_scale=1"]


def measure(command, arch, backbone, file):
    subprocess.run([BIN / "segbench", command, *COMMANDS[command], *words(arch, backbone), "--json", file], check=True,
                   env={**os.environ, **ROOTS}, stdout=subprocess.DEVNULL)
    return json.loads(file.read_text(encoding="utf-8"))


def middle(reports, *path):
    def value(report):
        for key in ("results", *path):
            report = report[key]
        return report.get("median", report.get("value"))
    return statistics.median(value(report) for report in reports)


def row(network, trained, predicted):
    arch, backbone = network
    cells = [f"`{arch}`", f"`{backbone}`" if backbone else "none", f"{predicted[0]['facts']['parameters'] / 1e6:.2f}",
             f"{middle(predicted, 'arithmetic', 'an_image'):.1f}", f"{middle(trained, 'synthetic', 'images_per_second'):.2f}",
             f"{middle(trained, 'memory', 'peak_resident'):.0f}", f"{middle(predicted, 'milliseconds', 'p50'):.0f}",
             f"{middle(predicted, 'memory', 'peak_resident'):.0f}"]
    return "| " + " | ".join(cells) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("runs/bench-networks"))
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    reports = {(command, network): [] for command in COMMANDS for network in NETWORKS}
    for number in range(1, arguments.rounds + 1):
        for network in NETWORKS:
            for command in COMMANDS:
                file = arguments.output / f"{command}-{network[0]}-{network[1]}.{number}.json"
                reports[command, network].append(measure(command, *network, file))
    print("| `model.arch` | `model.backbone` | parameters, million | GFLOP an image | training, images/s | training, MB | prediction, ms | prediction, MB |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    for network in NETWORKS:
        print(row(network, reports["train", network], reports["predict", network]))


if __name__ == "__main__":
    main()
