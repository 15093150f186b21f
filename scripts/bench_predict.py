#!/usr/bin/env python3
"""Times the prediction of one image at a time in other programs. scripts/bench_predict.sh compares them with `segbench predict`.

A call gets an image in memory, u8 [H,W,3] RGB, and returns its labels, u8 [H,W]. The time includes normalisation, the network (DeepLabV3+ ResNet-18),
up-sampling, the arg-max over the classes, and conversions of types and layouts.

  --engine torch         PyTorch, eager, with batch norm folded into the convolutions. Tries contiguous and channels-last memory, and bfloat16 if the
                         processor multiplies it, and keeps the fastest. From version 1.13.
  --engine compile       the same with torch.compile and a frozen graph; from version 2.0, with a C++ compiler and Python's headers
  --engine onnxruntime   ONNX Runtime on the file of `segexport --labels`, with its defaults except the number of threads
  --engine openvino      OpenVINO on the same file, with its hint for latency

scripts/setup.sh --rivals installs them into virtual environments; torch also runs with Debian's python3-torch and python3-numpy. Each trial runs in a
process of its own, so that its memory does not count. The exit code is 2 if this machine or version cannot do what is asked.

  build/venv-rivals/bin/python scripts/bench_predict.py --engine torch --weights CHECKPOINT --size 512x1024
  build/venv-rivals/bin/python scripts/bench_predict.py --engine openvino --model labels.onnx --image FILE --labels labels.npy
"""
import argparse
import concurrent.futures
import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # no __pycache__ among the scripts
sys.modules["cv2"] = None  # the network's modules would import it if it is installed; a prediction does not need it

import numpy as np

import bench_pytorch_common as common
import bench_pytorch_machine as machine
from bench_predict_engines import ENGINES

TRIAL_WARMUP, TRIAL_RUNS = 2, 5
NEEDS = {"torch": "torch", "compile": "torch", "onnxruntime": "onnxruntime", "openvino": "openvino"}
# Reads and resizes an image in a separate process: argv is file, height, width.
READ_IMAGE = """
import sys, cv2
image = cv2.imread(sys.argv[1], cv2.IMREAD_COLOR)
if image is None:
    sys.exit(3)
size = (int(sys.argv[3]), int(sys.argv[2]))
if image.shape[1::-1] != size:
    image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
sys.stdout.buffer.write(cv2.cvtColor(image, cv2.COLOR_BGR2RGB).tobytes())
"""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        common.refuse(message)


def count_text(least):
    def parse(text):
        if not text.isdigit() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text} is not a whole number of at least {least}")
        return int(text)

    return parse


def parse_arguments():
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--engine", choices=tuple(ENGINES), required=True)
    add("--size", type=common.size_text, default=(360, 480), metavar="HxW", help="of the image and its labels (default: 360x480)")
    add("--threads", type=count_text(1), default=len(os.sched_getaffinity(0)), help="compute threads (default: one a core)")
    add("--runs", type=count_text(1), default=30, help="timed images (default: 30)")
    add("--warmup", type=count_text(0), default=5, help="images before the timed ones (default: 5)")
    add("--precision", choices=("auto", "fp32", "bf16"), default="auto", help="auto: torch: the fastest; OpenVINO: its own choice")
    add("--layout", choices=("auto", "contiguous", "channels-last"), default="auto", help="torch: memory layout of features; auto: the fastest")
    add("--model", metavar="FILE", help="onnxruntime, openvino: a file that segexport --labels wrote")
    add("--weights", metavar="FILE", help="torch: a checkpoint of segtrain with ResNet-18 (default: random weights)")
    add("--classes", type=count_text(2), default=12, help="number of classes with random weights (default: 12)")
    add("--image", metavar="FILE", help="the image, resized to --size if needed; needs OpenCV (default: random pixels)")
    add("--labels", metavar="FILE", help="also write the labels to this file, as .npy")
    add("--json", metavar="FILE", help="also write the results to this file")
    args = parser.parse_args()
    onnx = NEEDS[args.engine] != "torch"
    if onnx and not args.model:
        common.refuse(f"--engine {args.engine} needs --model FILE, which segexport --labels writes")
    for name, path, wanted in (("--model", args.model, onnx), ("--weights", args.weights, not onnx), ("--image", args.image, True)):
        if path and not wanted:
            common.refuse(f"--engine {args.engine} does not use {name}")
        if path and not os.path.isfile(path):
            common.refuse(f"{name}: {path} is not a file")
    return args


def image_of(args):
    if not args.image:
        return np.random.default_rng(0).integers(0, 256, (*args.size, 3), dtype=np.uint8)
    command = [sys.executable, "-c", READ_IMAGE, args.image, *map(str, args.size)]
    result = subprocess.run(command, capture_output=True, check=False)
    if result.returncode:
        lines = result.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        why = "it is not an image" if result.returncode == 3 else lines[-1]
        common.refuse(f"--image {args.image} cannot be read: {why}")
    return np.frombuffer(result.stdout, np.uint8).reshape(*args.size, 3).copy()


def seconds_of(engine, image, warmup, runs):
    for _ in range(warmup):
        engine(image)
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        engine(image)
        seconds.append(time.perf_counter() - start)
    return seconds


def trial(args, choice, image):
    return statistics.median(seconds_of(ENGINES[args.engine](args, choice), image, TRIAL_WARMUP, TRIAL_RUNS))


def in_child(args, choice, image):
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(trial, args, choice, image).result()


def measure(args):
    image = image_of(args)
    make, trials = ENGINES[args.engine], {}
    choice = common.fastest(make.choices(args), lambda choice: in_child(args, choice, image), "choice", trials)
    __import__(NEEDS[args.engine])
    imported = machine.resident_bytes()
    engine = make(args, choice)
    start = time.perf_counter()
    labels = engine(image)
    first = time.perf_counter() - start
    milliseconds = [1000 * value for value in seconds_of(engine, image, args.warmup, args.runs)]
    if labels.dtype != np.uint8 or labels.shape != args.size:
        common.refuse(f"{args.engine} returned {labels.dtype} {list(labels.shape)} instead of labels u8 {list(args.size)}")
    if args.labels:
        np.save(args.labels, labels)
    # Defined as in segbench: the smallest value that so many runs do not exceed.
    percentiles = {f"p{number}": float(np.percentile(milliseconds, number, method="inverted_cdf")) for number in (50, 95, 99)}
    facts = engine.facts
    facts["versions"].update(python=platform.python_version(), numpy=np.__version__)
    return {"task": "predict", "engine": args.engine, "threads": args.threads, "size": list(args.size),
            "image": args.image or "random pixels", **facts, "runs": args.runs, "processor": machine.processor(),
            "environment": machine.environment(), "trials": trials, "first_call_seconds": first, "milliseconds": percentiles,
            "images_per_second": 1000 / percentiles["p50"], "imported_resident_bytes": imported, "peak_resident_bytes": machine.peak_bytes()}


def main():
    args = parse_arguments()
    try:
        report = measure(args)
    except ModuleNotFoundError as error:
        common.refuse(f"--engine {args.engine} needs {error.name}, which {sys.executable} does not have; scripts/setup.sh --rivals installs it")
    except Exception as error:  # an engine may throw anything
        common.refuse(f"{args.engine} does not run here: {common.in_short(error)}")
    common.publish(report, args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
