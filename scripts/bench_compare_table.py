#!/usr/bin/env python3
"""Prints the Markdown table of scripts/bench_compare.sh from the JSON files in its output folder; with --gpu, the table of scripts/bench_gpu.sh."""
import json
import pathlib
import statistics
import sys

# Each row: what, unit, our value (program: key in its JSON), the value of plain PyTorch and of the fastest PyTorch (or None), the factor that
# converts PyTorch's values to our unit, the comparison ("more": ours over theirs, more is better; "time": theirs over ours, more is better; "share": ours over
# theirs, less is better), and the goals for both ratios.
ROWS = [
    ("training", "images/s", "seg_train: synthetic/images_per_second", "plain_train: images_per_second", "tuned_train: images_per_second", 1, "more",
     ">= 2.8, >= 1.15; without bf16 >= 2, >= 1.5"),
    ("training from image files", "images/s", "seg_files: end_to_end/images_per_second", None, "tuned_files: images_per_second", 1, "more", ""),
    ("peak memory of training", "MB", "seg_train: memory/peak_resident", "plain_train: peak_resident_bytes", "tuned_train: peak_resident_bytes", 1e-6,
     "share", "<= 0.6"),
    ("recall loss and gradient", "ms", "seg_loss: kernel/forward_and_backward", "plain_loss: ms_per_step/median", "tuned_loss: ms_per_step/median", 1,
     "time", ">= 8"),
    ("extra memory of that", "MB", "seg_loss: kernel/extra_resident", "plain_loss: extra_bytes", "tuned_loss: extra_bytes", 1e-6, "share", "<= 0.1"),
    ("`iou_gap` over cross entropy", "% of a step", "seg_loss: inside_a_step/iou_gap_over_cross_entropy", None, None, 1, "share", ""),
    ("evaluation from image files", "images/s", "seg_eval: split/images_per_second", "plain_eval: images_per_second", "tuned_eval: images_per_second", 1,
     "more", "-, >= 1.5"),
    ("prediction of one image", "ms", "seg_predict: milliseconds/p50", "plain_predict: ms_per_step/median", "tuned_predict: ms_per_step/median", 1,
     "time", "-, >= 1.5"),
    ("peak memory of that", "MB", "seg_predict: memory/peak_resident", "plain_predict: peak_resident_bytes", "tuned_predict: peak_resident_bytes", 1e-6,
     "share", ""),
]

OUR_STEPS = "synthetic/images_per_second"
# The same, compared with the one program that the row names.
GPU_ROWS = [
    ("training, plain PyTorch", "images/s", f"seg_train: {OUR_STEPS}", "plain_train: images_per_second", 1, "more", ">= 4"),
    ("training, tuned PyTorch", "images/s", f"seg_train: {OUR_STEPS}", "tuned_train: images_per_second", 1, "more", ">= 1.5"),
    ("training, torch.compile", "images/s", f"seg_train: {OUR_STEPS}", "compile_train: images_per_second", 1, "more", ">= 1"),
    ("training, max-autotune", "images/s", f"seg_train: {OUR_STEPS}", "compile-max_train: images_per_second", 1, "more", ">= 1"),
    ("GPU memory of training, tuned PyTorch", "MB", "seg_train: memory/peak_device", "tuned_train: gpu_peak_allocated_bytes", 1e-6, "share", "<= 0.7"),
    ("recall loss and gradient, tuned PyTorch", "ms", "seg_loss: kernel/forward_and_backward", "tuned_loss: ms_per_step/median", 1, "time", ""),
    ("recall loss and gradient, compiled", "ms", "seg_loss: kernel/forward_and_backward", "compile_loss: ms_per_step/median", 1, "time", ">= 3"),
    ("training from files, over a batch in memory", "images/s", "seg_files: end_to_end/images_per_second", f"seg_files: {OUR_STEPS}", 1, "more", ">= 0.97"),
    ("recorded steps, over launched ones", "images/s", f"seg_recorded: {OUR_STEPS}", f"seg_train: {OUR_STEPS}", 1, "more", ""),
    ("deterministic steps, over others", "images/s", f"seg_deterministic: {OUR_STEPS}", f"seg_train: {OUR_STEPS}", 1, "more", ""),
    ("without our kernels, over with them", "images/s", f"seg_kernels-off: {OUR_STEPS}", f"seg_train: {OUR_STEPS}", 1, "more", ""),
]


def reports(folder, name):
    """{round: report}"""
    paths = {int(path.suffixes[-2][1:]): path for path in folder.glob(f"{name}.*.json")}
    return {number: json.loads(paths[number].read_text(encoding="utf-8")) for number in sorted(paths)}


def first_report(folder, name):
    return list(reports(folder, name).values())[:1]


def figures(folder, source, factor):
    """{round: value}, for each round that has a value."""
    name, place = source.split(": ")
    found = {}
    for number, report in reports(folder, name).items():
        value = report.get("results", report)
        for key in place.split("/"):
            value = (value or {}).get(key)
        if isinstance(value, dict):  # segbench's {"median" or "value", ...}
            value = value["median"] if "median" in value else value["value"]
        if value is not None:
            found[number] = value * factor
    return found


def digits(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def spread(values):
    """The median and, if they differ, the smallest and largest value."""
    values = list(values)
    low, middle, high = digits(min(values)), digits(statistics.median(values)), digits(max(values))
    return middle if low == high else f"{middle} ({low} .. {high})"


def ratio(ours, theirs, kind):
    """The ratios within each round."""
    ratios = [theirs[number] / ours[number] if kind == "time" else ours[number] / theirs[number] for number in ours if number in theirs]
    return f"**{spread(ratios)}**" if ratios else "-"


def line(folder, row):
    what, unit, our_source, *sources, factor, kind, wanted = row
    ours = figures(folder, our_source, 1)
    theirs = [figures(folder, source, factor) if source else {} for source in sources]
    cells = [spread(values.values()) if values else "did not run" if source else "-" for values, source in zip((ours, *theirs), (our_source, *sources))]
    return f"| {' | '.join([what, unit, *cells, *(ratio(ours, values, kind) for values in theirs), wanted])} |"


def facts(folder):
    """The settings and versions behind the values, one per line."""
    for name in ("seg_train", "seg_files", "seg_loss", "seg_eval", "seg_predict"):
        for report in first_report(folder, name):
            yield f"{name}: " + ", ".join(f"{key} {value}" for key, value in report["facts"].items())
    names = ("plain_train", "tuned_train", "compile_train", "compile-max_train", "tuned_files", "plain_loss", "tuned_loss", "compile_loss", "tuned_eval",
             "tuned_predict")
    keys = ("variant", "device", "precision", "engine", "batch", "size", "shape", "classes", "data", "workers", "threads", "dropout", "steps")
    for name in names:
        for report in first_report(folder, name):
            yield f"{name}: " + ", ".join(f"{key} {report[key]}" for key in keys if key in report)
    for path in sorted(folder.glob("trial_*.json")):
        trial = json.loads(path.read_text(encoding="utf-8"))
        yield f"{path.name.split('.')[0]}, PyTorch {trial['versions']['torch']}, images/s: " + json.dumps(trial["trials"])
    for report in first_report(folder, "tuned_train"):
        if "gpu" in report:
            yield "card: " + ", ".join(f"{key} {report[key]}" for key in ("gpu", "cuda", "cudnn"))
        yield "PyTorch: " + ", ".join(f"{key} {value}" for key, value in report["versions"].items())
        yield f"processor: {report['processor']}; environment: {report['environment'] or 'nothing set'}"
    commands = folder / "commands.txt"
    if commands.exists():
        for command in commands.read_text(encoding="utf-8").splitlines():
            if command.partition(":")[0].endswith(".1"):
                yield f"`{command}`"
    check = folder / "check.txt"
    if check.exists():
        yield "on one batch and the same weights, " + check.read_text(encoding="utf-8").strip()


def main():
    gpu = sys.argv[1] == "--gpu"
    folder = pathlib.Path(sys.argv[-1])
    print("| what, against | unit | segtrain | PyTorch | ratio | goal |" if gpu else
          "| what | unit | segtrain | plain PyTorch | fastest PyTorch | over plain | over fastest | goal |")
    print("|---|---|---:|---:|---:|---:|" if gpu else "|---|---|---:|---:|---:|---:|---:|---|")
    for row in GPU_ROWS if gpu else ROWS:
        print(line(folder, row))
    rounds = len(reports(folder, "seg_train"))
    print(f"\nMedians of {rounds} rounds, one program at a time in turn (smallest .. largest); each ratio is computed within its round.\n")
    for text in facts(folder):
        print(f"- {text}")


if __name__ == "__main__":
    main()
