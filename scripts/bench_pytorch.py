#!/usr/bin/env python3
"""Times training, evaluation and the recall loss in PyTorch. scripts/bench_compare.sh compares these times with segbench.

Needs PyTorch 1.13 or newer; for image files and step files also NumPy and OpenCV. Install Debian's python3-torch, python3-numpy and
python3-opencv, or torch, numpy and opencv-python-headless from a package index. Nothing else in the project needs them, so
scripts/setup.sh does not install them by default.

  --mode plain   like most scripts: float32, contiguous, recall loss with torch.unique, evaluation under no_grad, PyTorch's defaults
  --mode tuned   bfloat16 if the device multiplies it, channels-last, gradients set to none, fused Adam (foreach if it has none), joint
                 counts, fast dropout, inference_mode; on a GPU also cudnn.benchmark and asynchronous copies from pinned memory. If
                 --engine, --workers or --eval-batches leave a choice, each option is tried and the fastest is kept.

Training and the loss also run with --device cuda. --variant selects one rival without trials:

  --variant plain        --mode plain
  --variant tuned        --mode tuned, eager
  --variant compile      the same with torch.compile, from the images to the loss and back
  --variant compile-max  the same with torch.compile(mode="max-autotune")

A random batch is on the device before the first step, so a step has no loader and no copy. The time of a compiler, and of the start-up of
a GPU, is in first_step_seconds and in the warm-up, not in the timed steps. GPU memory is measured after both. The exit code is 2 if this
PyTorch or this machine cannot do what is asked.

  scripts/bench_pytorch.py --task train --mode tuned                      a fixed random batch: 4 images of 360x480, 12 classes
  scripts/bench_pytorch.py --variant compile --device cuda --batch 6 --size 384x768 --classes 16 --steps 50
  scripts/bench_pytorch.py --variant compile --device cuda --task loss --shape 6x16x96x192 --size 384x768 --steps 50
  scripts/bench_pytorch.py --task eval --data ROOT --layout camvid --weights CHECKPOINT    also prints the scores
  scripts/bench_pytorch.py --task loss --shape 6x19x193x193 --size 769x769                 only up-sampling, loss and backward
  scripts/bench_pytorch.py --device cuda --profile FILE    also writes the 25 heaviest kernels of a step (on the CPU: its operators)
  scripts/bench_pytorch.py --check FILE     recomputes the loss of `segbench train --step-file FILE`; exit 1 if it differs by more than 1e-3

Images per second come from the median step on synthetic data, and from the whole timed period with a loader: its batches come in bursts,
so a median would be too high.
"""
import argparse
import itertools
import json
import os
import platform
import statistics
import sys
import time

sys.dont_write_bytecode = True  # no __pycache__ among the scripts

import torch

import bench_pytorch_common as common
import bench_pytorch_data as data
import bench_pytorch_machine as machine
import bench_pytorch_model as network
import bench_pytorch_profile as kernels
import bench_pytorch_step as bench

TRIAL_STEPS = 4
# The engines that are tried. On a GPU channels-last is always faster.
TRAINING_ENGINES = {"cpu": ("eager", "eager-contiguous", "compile", "compile-contiguous"), "cuda": ("eager", "compile")}
EVALUATION_ENGINES = ("eager", "folded", "folded-contiguous", "jit", "compile")


def shape_text(text):
    n, classes, height, width = text.split("x")
    return [int(n), int(classes), int(height), int(width)]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--task", choices=("train", "eval", "loss"), default="train")
    add("--mode", choices=("plain", "tuned"), default="tuned")
    add("--variant", choices=tuple(bench.VARIANTS), help="one word instead of --mode and --engine")
    add("--device", choices=("cpu", "cuda"), default="cpu")
    add("--check", metavar="FILE", help="only compare the loss with the loss in a step file")
    add("--threads", type=int, default=len(os.sched_getaffinity(0)), help="compute threads (default: one a core)")
    add("--workers", default="auto", help="loader processes; auto: tries 0, 1, 2 and 4")
    add("--engine", choices=("auto", *EVALUATION_ENGINES, "eager-contiguous", *bench.COMPILER_MODES, "compile-contiguous"), default="auto",
        help="for --mode tuned; channels-last unless its name says otherwise; auto: tries the engines of the task; eager for --task loss")
    add("--counting", choices=("auto", *network.COUNTS), default="auto", help="how the recall loss counts in --mode tuned; auto: by engine")
    add("--batch", type=int, default=4)
    add("--backbone", choices=network.BACKBONES, default="resnet18")
    add("--precision", choices=("auto", "fp32", "bf16"), default="auto",
        help="for --mode tuned; auto: bf16 if the device multiplies it, but float32 logits for --task loss")
    add("--eval-batches", choices=("given", "auto"), default="auto", help="auto: in tuned mode, evaluation also tries single images")
    add("--size", type=common.size_text, default=(360, 480), metavar="HxW", help="size of the network's input, or of the labels in --task loss")
    add("--shape", type=shape_text, default=[6, 19, 193, 193], metavar="NxKxhxw", help="shape of the logits in --task loss")
    add("--classes", type=int, default=12, help="number of classes of synthetic data; a layout has its own")
    add("--data", default="synthetic", metavar="synthetic|ROOT")
    add("--layout", choices=sorted(data.LISTS), default="camvid")
    add("--void", choices=("ignore", "train"), default="ignore", help="pixels without a class, as in data.void")
    add("--split", choices=("train", "val", "test"), default="test", help="split for --task eval")
    add("--augment", choices=("crop", "resize"), help="default, as in the recipes: crop for camvid, resize for synthia_seqs")
    add("--loss", choices=("ce", "recall"), default="recall")
    add("--align-corners", action="store_true")
    add("--dropout", type=float, default=0.5)
    add("--weights", metavar="FILE", help="a segtrain checkpoint for --task eval")
    add("--steps", type=int, default=10, help="timed steps; --task eval on a data set: 0 means the whole split")
    add("--warmup", type=int, default=3)
    add("--json", metavar="FILE", help="also write the results to this file")
    add("--profile", metavar="FILE", help="write the 25 heaviest kernels of a step to this file (on the CPU: its operators); not for --task eval")
    return parser.parse_args()


def engines(args, available):
    if args.mode == "plain":
        return ["eager"]
    if args.engine != "auto":
        return [args.engine]
    return [engine for engine in available if not engine.startswith("compile") or hasattr(torch, "compile")]


def worker_counts(args):
    return [0, 1, 2, 4] if args.workers == "auto" else [int(args.workers)]


def train(args):
    result = {}
    if args.data == "synthetic":
        classes, batch = args.classes, [tensor.to(args.device) for tensor in data.random_batch(args.batch, args.size, args.classes)]
        batches_of = lambda workers: itertools.repeat(batch)  # noqa: E731
    else:
        classes, pinned = len(args.ids), args.mode == "tuned" and args.device == "cuda"
        dataset = data.Files(args.data, args.layout, "train", args.ids, args.size, args.crops, training=True)
        batches_of = lambda workers: iter(data.training_batches(dataset, args.batch, workers, pinned))  # noqa: E731
        batch = next(batches_of(0))
    trials = result["trials"] = {}

    def try_engine(engine):
        training = bench.Training(args, classes, engine)
        return statistics.median(bench.timed(lambda: training.step(*batch), 2, TRIAL_STEPS, args.device)) / args.batch

    def seconds_with(workers, warmup, steps):
        # The loader fills its queue before the first steps. The timed steps must not use that.
        batches, warmup = batches_of(workers), max(warmup, 2 * workers)
        return bench.timed(lambda: training.step(*next(batches)), warmup, steps, args.device)

    result["engine"] = common.fastest(engines(args, TRAINING_ENGINES[args.device]), try_engine, "engine", trials)
    training = bench.Training(args, classes, result["engine"])
    result["adam"] = training.adam()
    result["first_step_seconds"] = bench.first_call(lambda: training.step(*batch), args, result["engine"])
    if args.data == "synthetic":
        seconds = seconds_with(0, args.warmup, args.steps)
    else:
        try_workers = lambda count: statistics.mean(seconds_with(count, 2, TRIAL_STEPS)) / args.batch  # noqa: E731
        result["workers"] = common.fastest(worker_counts(args), try_workers, "workers", trials)
        seconds = seconds_with(result["workers"], args.warmup, args.steps)
    result["images_per_second"] = args.batch / (statistics.median if args.data == "synthetic" else statistics.mean)(seconds)
    result["classes"] = classes
    write_profile(args, lambda: training.step(*batch))
    return result, seconds


def write_profile(args, step):
    if args.profile:
        kernels.write(args.profile, f"{args.variant or args.mode} {args.task}, PyTorch {torch.__version__}, batch {args.batch}", step, args.device)


def evaluation_model(args, classes, engine, images):
    """Returns a function from normalised images to logits."""
    torch.manual_seed(0)
    model = network.DeepLabV3Plus(classes, args.backbone, align_corners=args.align_corners).eval()
    if args.weights:
        network.load_model(model, network.read_safetensors(args.weights)[0])
    if args.mode == "plain":
        return model
    format = bench.memory_format(True, engine)
    model = model.to(memory_format=format)
    if engine in ("folded", "folded-contiguous", "jit"):
        dtype = torch.bfloat16 if args.bf16 else torch.float32
        model = network.folded(model, dtype, format)
        cast = lambda images: images.to(dtype)  # noqa: E731
        if engine == "jit":
            with torch.no_grad():
                model = torch.jit.optimize_for_inference(torch.jit.trace(model, cast(images)))
        return lambda images: model(cast(images))
    forward = bench.compiled(model, engine)

    def under_autocast(images):
        with torch.autocast("cpu", torch.bfloat16, enabled=args.bf16):
            return forward(images)

    return under_autocast


class Evaluation:
    """Each step adds a batch to the confusion matrix."""

    def __init__(self, args, classes, engine, example):
        self.args, self.classes = args, classes
        self.normalize = bench.Normalize(bench.memory_format(args.mode == "tuned", engine))
        self.model = evaluation_model(args, classes, engine, self.normalize(example))
        self.confusion = torch.zeros(classes, classes, dtype=torch.int64)

    def step(self, images, labels):
        labels = labels.long()
        scores = network.upsample(self.model(self.normalize(images)), labels, self.args.align_corners)
        predictions, valid = scores.argmax(1), labels != data.IGNORED
        pairs = labels[valid] * self.classes + predictions[valid]
        self.confusion += torch.bincount(pairs, minlength=self.classes**2).view(self.classes, self.classes)

    def scores(self):
        matrix = self.confusion.double()
        hits, truth, union = matrix.diag(), matrix.sum(1), matrix.sum(1) + matrix.sum(0) - matrix.diag()
        mean = lambda values, of: (values[of > 0] / of[of > 0]).mean().item()  # noqa: E731
        return {"overall_accuracy": (hits.sum() / matrix.sum()).item(), "mean_accuracy": mean(hits, truth), "mean_iou": mean(hits, union)}


def evaluate(args):
    result = {}
    trials = result["trials"] = {}
    if args.data == "synthetic":
        classes, batch = args.classes, data.random_batch(args.batch, args.size, args.classes)
    else:
        classes = len(args.ids)
        dataset = data.Files(args.data, args.layout, args.split, args.ids, args.size, args.crops, training=False)
        batch = next(iter(data.evaluation_batches(dataset, min(args.batch, len(dataset)), 0)))
    sizes = [args.batch] if args.mode == "plain" or args.eval_batches == "given" or args.batch == 1 else [1, args.batch]

    def try_choice(choice):
        engine, size = choice
        part = [tensor[:size] for tensor in batch]
        evaluation = Evaluation(args, classes, engine, part[0])
        return statistics.median(bench.timed(lambda: evaluation.step(*part), 2, TRIAL_STEPS)) / size

    def pass_over(workers, warmup, steps):
        """Seconds and images of the timed period, and the scores if that was the whole split."""
        evaluation, images, start = Evaluation(args, classes, engine, batch[0][:size]), 0, None
        for number, part in enumerate(data.evaluation_batches(dataset, size, workers)):
            if number == warmup:
                start = time.perf_counter()
            if steps and number == warmup + steps:
                return time.perf_counter() - start, images, None
            evaluation.step(*part)
            images += len(part[0]) if start else 0
        return time.perf_counter() - start if start else 0.0, images, evaluation.scores()

    with torch.inference_mode() if args.mode == "tuned" else torch.no_grad():
        choices = list(itertools.product(engines(args, EVALUATION_ENGINES), sizes))
        engine, size = common.fastest(choices, try_choice, "engine, batch", trials)
        result.update(engine=engine, batch=size, classes=classes)
        if args.data == "synthetic":
            evaluation, part = Evaluation(args, classes, engine, batch[0][:size]), [tensor[:size] for tensor in batch]
            seconds = bench.timed(lambda: evaluation.step(*part), args.warmup, args.steps)
            result["images_per_second"] = size / statistics.median(seconds)
            return result, seconds

        def try_workers(workers):
            # The queue that workers fill while they start must not count. For a small split, half of it is skipped.
            elapsed, images, _ = pass_over(workers, min(2 + 2 * workers, len(dataset) // size // 2), 4 * TRIAL_STEPS)
            return elapsed / images

        workers = result["workers"] = common.fastest(worker_counts(args), try_workers, "workers", trials)
        elapsed, images, scores = pass_over(workers, args.warmup, args.steps)
        result.update(images=images, images_per_second=images / elapsed, scores=scores)
        return result, [elapsed * size / images]


def loss(args):
    gpu, engine = args.device == "cuda", engines(args, ("eager",))[0]
    step = bench.Loss(args, engine).step
    machine.forget_peak()
    before = torch.cuda.memory_allocated() if gpu else machine.resident_bytes()
    result = {"shape": args.shape, "classes": args.shape[1], "engine": engine, "first_step_seconds": bench.first_call(step, args, engine)}
    peak = machine.peak_bytes()
    seconds = bench.timed(step, args.warmup, args.steps, args.device)
    # Left out where it would be the memory of the compiler (on the CPU), or would miss the memory of a CUDA graph.
    if engine == "eager" or gpu and engine == "compile":
        result["extra_bytes"] = (torch.cuda.max_memory_allocated() if gpu else peak) - before
    write_profile(args, step)
    return {**result, "images_per_second": args.shape[0] / statistics.median(seconds)}, seconds


def check(path):
    """Checks that this network and both ways of counting give the loss that segbench wrote into a step file."""
    tensors, facts = network.read_safetensors(path)
    built = {"arch": ("deeplabv3plus",), "backbone": network.BACKBONES, "loss_type": ("ce", "recall"), "recall_smoothing": ("published",),
             "normalizer": ("default", "valid_pixels"), "normalize_order": ("rgb",), "aspp_rates": ("[]",), "auxiliary": ("false",)}
    for name, known in built.items():
        if facts.get(name, known[0]) not in known:
            raise SystemExit(f"error: {path}: {name} is {facts[name]}, but this script only has {', '.join(known)}")
    if float(facts["dropout"]) != 0 or facts["precision"] != "fp32":
        raise SystemExit(f"error: {path} was written with dropout {facts['dropout']} in {facts['precision']}: its loss cannot be recomputed\n"
                         "hint: write it with --set model.dropout=0")
    scale = 1.0 if "255" in facts["normalize_scale"] else 255.0
    data.MEAN, data.STD = ([scale * value for value in json.loads(facts[name])] for name in ("mean", "std"))
    align_corners = facts["align_corners"] in ("true", "1")
    model = network.DeepLabV3Plus(int(facts["classes"]), facts["backbone"], int(facts["output_stride"]), align_corners, 0.0).train()
    network.load_model(model, tensors)
    labels, theirs = tensors["labels"].long(), float(facts["loss"])
    with torch.no_grad():
        scores = network.upsample(model(bench.Normalize(torch.contiguous_format)(tensors["images"])), labels, align_corners)
        ours = {mode: network.LOSSES[facts["loss_type"], mode](scores, labels).item() for mode in ("plain", "tuned")}
    far = [mode for mode, value in ours.items() if not abs(value - theirs) <= 1e-3 * abs(theirs)]
    print(f"{facts['loss_type']} loss: segbench {theirs:.7g}, PyTorch plain {ours['plain']:.7g}, tuned {ours['tuned']:.7g}: "
          + ("they differ by more than 1e-3" if far else "equal to 1e-3"))
    return 1 if far else 0


def settings(args):
    versions = {"torch": torch.__version__, "python": platform.python_version()}
    if data.cv2:
        versions.update(numpy=data.np.__version__, opencv=data.cv2.__version__)
    return {"task": args.task, "mode": args.mode, **({"variant": args.variant} if args.variant else {}), "device": args.device,
            "threads": torch.get_num_threads(), "batch": args.batch, "size": list(args.size),
            "data": args.data if args.data == "synthetic" else f"{args.layout} ({'crops' if args.crops else 'resized'})", "loss": args.loss,
            "precision": "bf16" if args.bf16 else "fp32", "dropout": args.dropout, "align_corners": args.align_corners, "steps": args.steps,
            "versions": versions, "processor": machine.processor(), "environment": machine.environment()}


def settle(args):
    """Sets the options that follow from others, and ends the program if this machine cannot do what they ask."""
    if args.variant:
        args.mode, args.engine = bench.VARIANTS[args.variant]
    if args.device == "cuda" and not torch.cuda.is_available():
        common.refuse(f"PyTorch {torch.__version__} finds no CUDA GPU")
    if args.device == "cuda" and args.task == "eval":
        common.refuse("--task eval runs only on the CPU")
    if args.profile and args.task == "eval":
        common.refuse("--profile works only with --task train and --task loss")
    args.crops = (args.augment or {"camvid": "crop", "synthia_seqs": "resize"}[args.layout]) == "crop"
    automatic = args.precision == "auto" and args.task != "loss" and machine.multiplies_bf16(args.device)
    args.bf16 = args.mode == "tuned" and (args.precision == "bf16" or automatic)
    args.ids = data.FILE_IDS[args.layout, args.void]
    torch.set_num_threads(args.threads)  # Debian's build uses only one thread on some machines
    torch.backends.cudnn.benchmark = args.mode == "tuned"


def main():
    args = parse_arguments()
    settle(args)
    if args.check:
        return check(args.check)
    result, seconds = {"train": train, "eval": evaluate, "loss": loss}[args.task](args)
    milliseconds = [1000 * value for value in seconds]
    report = {**settings(args), **result}
    report["ms_per_step"] = {"median": statistics.median(milliseconds), "min": min(milliseconds), "max": max(milliseconds)}
    report["peak_resident_bytes"] = machine.peak_bytes()
    if args.device == "cuda":
        report.update(machine.gpu())
    if result.get("workers"):
        report["largest_worker_bytes"] = machine.largest_child_bytes()
    common.publish(report, args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
