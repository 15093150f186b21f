#!/usr/bin/env python3
"""Measures time and memory against the number of images. It draws data sets of street scenes, reads each with the loader without a cache, and
trains a few steps on it. The goals: time per image and memory do not grow with the data set, and the first step comes within seconds.

The loader's time comes from passes over the whole data set. The training time is the median of the steps after the first five. Start-up is the
time from the start of the program to the end of its first step. Needs the programs (scripts/build.sh), and only Python's standard library.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent.parent
WARMUP = 5


def run(command, log):
    """Runs the program and returns its peak resident memory in MB (10^6 bytes). If it fails, prints the end of its log and exits."""
    with open(log, "w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"error: {' '.join(command)}\n{''.join(open(log).readlines()[-10:])}")
    return usage.ru_maxrss * 1024 / 1e6


def generated(options, count):
    root = options.output / f"data-{options.size}-{count}"
    if not (root / ".complete").exists():
        shutil.rmtree(root, ignore_errors=True)
        run([str(options.bin / "segdata"), "generate", "--layout", "camvid", "--output", str(root), "--count", str(count), "--size", options.size],
            options.output / "generate.log")
        (root / ".complete").touch()
    return root


def row(options, count):
    height, width = options.size.split("x")
    settings = {"name": "sizes", "data.dataset": "camvid", "data.root": generated(options, count), "data.size": f"[{height},{width}]",
                "data.cache": "none", "augment.crop": "false", "train.batch_size": 4, "train.iterations": options.steps, "train.log_interval": 1}
    recipe = options.output / "recipe.yaml"
    recipe.write_text("# every key is given on the command line\n")
    common = ["--config", str(recipe)] + [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]

    result = options.output / f"data-{count}.json"
    loader_memory = run([str(options.bin / "segbench"), "data", *common, "--draw", "0", "--cache", "none", "--passes", "3", "--batches", str(count),
                         "--json", str(result)], options.output / f"data-{count}.log")
    loader = json.loads(result.read_text())["results"]["cache_none"]["images_per_second"]["median"]

    folder = options.output / f"run-{count}"
    shutil.rmtree(folder, ignore_errors=True)
    begin = time.time()
    train_memory = run([str(options.bin / "segtrain"), *common, "--run-dir", str(folder)], options.output / f"train-{count}.log")
    events = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    steps = [event for event in events if event["event"] == "train"]
    training = statistics.median(1e3 / step["images_per_second"] for step in steps[WARMUP:])
    return f"| {count} | {1e3 / loader:.2f} | {training:.1f} | {loader_memory:.0f} | {train_memory:.0f} | {steps[0]['time'] - begin:.2f} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counts", type=int, nargs="+", default=[100, 1000, 10000])
    parser.add_argument("--size", default="120x160", help="height x width of the images (default %(default)s)")
    parser.add_argument("--steps", type=int, default=60, help="training steps (default %(default)s)")
    parser.add_argument("--bin", type=pathlib.Path, default=HERE / "build/bin", help="folder of the programs (default: build/bin)")
    parser.add_argument("--output", type=pathlib.Path, default=HERE / "runs/bench-sizes",
                        help="folder for the data sets, logs and table.md (default: runs/bench-sizes)")
    options = parser.parse_args()
    if options.steps <= WARMUP:
        parser.error(f"--steps must be above {WARMUP}")
    if not (options.bin / "segtrain").exists():
        parser.error(f"{options.bin}/segtrain is not built; run scripts/build.sh")
    options.output.mkdir(parents=True, exist_ok=True)
    lines = ["| images | loader, ms an image | training, ms an image | loader's memory, MB | training's memory, MB | start-up, s |",
             "|---:|---:|---:|---:|---:|---:|"]
    print("\n".join(lines), flush=True)
    for count in options.counts:
        lines.append(row(options, count))
        print(lines[-1], flush=True)
    (options.output / "table.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
