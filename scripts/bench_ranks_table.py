#!/usr/bin/env python3
"""Prints the Markdown tables of scripts/bench_ranks.sh from the JSON files in its output folder."""
import json
import pathlib
import statistics
import sys


def value(report, place):
    for key in ["results", *place.split("/")]:
        report = report[key]
    return report["median"] if "median" in report else report["value"]


def reports(folder, pattern):
    return [(path.stem, json.loads(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob(pattern))]


def of_rounds(folder, pattern, place):
    return [value(report, place) for _, report in reports(folder, pattern)]


def spread(values):
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def main():
    folder = pathlib.Path(sys.argv[1])
    one = of_rounds(folder, "one-*.json", "synthetic/images_per_second")
    two = of_rounds(folder, "two-[0-9].json", "synthetic/images_per_second")
    print("| what | one process, 2 threads | two processes, 1 thread each | ratio of each round |")
    print("|---|---:|---:|---:|")
    print(f"| images/s | {spread(one)} | {spread(two)} | {spread([b / a for a, b in zip(one, two)])} |")
    alone = of_rounds(folder, "one-*.json", "memory/peak_resident")
    together = of_rounds(folder, "two-[0-9].json", "ranks/peak_resident_of_all")
    alone, together = statistics.median(alone), statistics.median(together)
    print(f"| peak memory, all processes, MB | {alone:.0f} | {together:.0f} | {together / alone:.2f} |")
    print()
    print("| network | images/s | step, ms | waiting after backward, ms | of the step | the all-reduce on its own, ms | hidden | MB a step |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for name, report in reports(folder, "two-*.json"):
        network = name.removeprefix("two-")
        row = [
            "loopback" if network.isdigit() else network,
            f"{value(report, 'synthetic/images_per_second'):.2f}",
            f"{value(report, 'synthetic/step'):.0f}",
            f"{value(report, 'ranks/waiting'):.1f}",
            f"{100 * value(report, 'ranks/waiting_over_step'):.1f} %",
            f"{value(report, 'ranks/sum_alone'):.1f}",
            f"{100 * value(report, 'ranks/hidden'):.0f} %",
            f"{value(report, 'ranks/bytes_a_step'):.1f}",
        ]
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
