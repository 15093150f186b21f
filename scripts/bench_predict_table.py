#!/usr/bin/env python3
"""Prints the Markdown table of scripts/bench_predict.sh from the JSON files in its output folder, and the agreement of labels in float32."""
import json
import pathlib
import statistics
import sys

NAMES = {"torch": "PyTorch", "compile": "torch.compile", "onnxruntime": "ONNX Runtime", "openvino": "OpenVINO", "segbench": "**segtrain**"}
AGREEMENT = 0.99


def number(value):
    """The number in segbench's {"median" or "value", ...}."""
    return value["median"] if "median" in value else value["value"]


def of_segbench(report):
    results = report["results"]
    return {"version": "", "precision": report["facts"]["precision"], "megabytes": number(results["memory"]["peak_resident"]),
            **{key: number(value) for key, value in results["milliseconds"].items()}}


def of_rival(report):
    version = report["versions"]["torch" if report["engine"] == "compile" else report["engine"]]
    return {"version": " " + version.split("-")[0].split("+")[0], "precision": report["precision"], "megabytes": report["peak_resident_bytes"] / 1e6,
            **report["milliseconds"]}


def runs_of(folder):
    """{(word, size, threads): [values of each round]}, and the reports."""
    found, reports = {}, []
    for path in sorted(folder.glob("*.json")):
        word, *place = path.stem.split(".")
        if word == "trial":
            continue
        report = json.loads(path.read_text(encoding="utf-8"))
        ours = word.startswith("segbench")
        figures = {"engine": NAMES["segbench" if ours else report["engine"]], **(of_segbench if ours else of_rival)(report)}
        found.setdefault((word, place[0], int(place[1])), []).append(figures)
        reports.append(report)
    return found, reports


def median(rounds, key):
    return statistics.median(figures[key] for figures in rounds)


def area(size):
    height, width = size.split("x")
    return int(height) * int(width)


def row(place, rounds, ours):
    """`ours` is our p50 at this size, with the same number of threads and in this precision."""
    figures = [median(rounds, key) for key in ("p50", "p95", "p99", "megabytes")]
    p50 = figures[0]
    cells = [f"{value:.0f}" if value >= 100 else f"{value:.3g}" for value in figures]
    ratio = f"{p50 / ours:.2f}" if ours else "-"
    return f"| {place[0]} | {place[1]} | {rounds[0]['engine']}{rounds[0]['version']} | {rounds[0]['precision']} | {' | '.join(cells)} | {ratio} |"


def lines(found):
    """The fastest first. Runs of a program that chose float32 and runs that were told to use it share one row."""
    merged = {}
    for (_, size, threads), rounds in found.items():
        first = rounds[0]
        merged.setdefault((size, threads, first["engine"], first["version"], first["precision"]), []).extend(rounds)
    ours = {(size, threads, precision): median(rounds, "p50") for (size, threads, engine, _, precision), rounds in merged.items()
            if engine == NAMES["segbench"]}
    for key, rounds in sorted(merged.items(), key=lambda entry: (area(entry[0][0]), -entry[0][1], entry[0][4], median(entry[1], "p50"))):
        yield row(key[:2], rounds, ours.get((key[0], key[1], key[4])))


def disagreements(folder):
    """Compares labels in float32 with those of the first program. The number of threads does not change the labels."""
    import numpy as np

    first, seen, least = {}, 0, 1.0
    for path in sorted(folder.glob("trial.*.npy")):
        _, word, size, _, _ = path.name.split(".")
        labels = np.load(path)
        name, other = first.setdefault(size, (word, labels))
        share = float((labels == other).mean())
        seen, least = seen + 1, min(least, share)
        if share < AGREEMENT:
            yield f"- **{word} and {name} agree on only {100 * share:.2f} % of the pixels at {size}**"
    if seen:
        yield f"- labels in float32 of {seen} runs agree on at least {100 * least:.2f} % of the pixels"


def facts(folder, reports):
    for report in reports:
        if "results" not in report:
            yield f"- processor: {report['processor']}; environment: {report['environment'] or 'nothing set'}; images a run: {report['runs']}"
            break
    for report in reports:
        if "results" in report:
            yield f"- segtrain: {report['facts']['libraries']}; {report['facts']['model']}, {report['facts']['classes']} classes"
            break
    layouts = sorted({f"{NAMES[report['engine']]} {report['versions']['torch']} {report['precision']} {report['layout']}" for report in reports
                      if "layout" in report})
    if layouts:
        yield "- chosen: " + ", ".join(layouts)
    try:
        yield from disagreements(folder)
    except ModuleNotFoundError:
        yield "- labels are not compared: this Python has no NumPy"


def main():
    folder = pathlib.Path(sys.argv[1])
    found, reports = runs_of(folder)
    if not found:
        sys.exit(f"error: {folder} holds no results")
    print("| size | threads | engine | precision | p50, ms | p95, ms | p99, ms | MB | p50 over ours, same precision |")
    print("|---|---:|---|---|---:|---:|---:|---:|---:|")
    print("\n".join(lines(found)))
    rounds = max(len(of_place) for of_place in found.values())
    print(f"\nMedians of {rounds} round{'s' if rounds > 1 else ''}, one program at a time in turn. MB: peak memory of the whole process, with Python "
          "if it uses Python.\n")
    for text in facts(folder, reports):
        print(text)


if __name__ == "__main__":
    main()
