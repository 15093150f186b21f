"""Shared by scripts/bench_pytorch.py and scripts/bench_predict.py: option values, errors, the choice of the fastest engine, and the report.

It imports only the standard library, so that the memory of an engine does not include libraries that the engine does not use.
"""
import argparse
import json
import re
import sys


def refuse(text):
    """Ends the program with an error: this machine or version cannot do what is asked."""
    print(f"error: {text}", file=sys.stderr)
    sys.exit(2)


def in_short(error):
    """A short form of an error that may be pages long, such as a compiler's."""
    return f"{type(error).__name__} {' '.join(str(error).split())[:240]}"


def size_text(text):
    found = re.fullmatch(r"([1-9]\d*)x([1-9]\d*)", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text} is not HxW, such as 360x480")
    return int(found[1]), int(found[2])


def fastest(candidates, run, what, trials):
    """The candidate with the fewest seconds per image, which `run` returns. A candidate that fails is reported and not considered."""
    if len(candidates) == 1:
        return candidates[0]
    seconds = {}
    for candidate in candidates:
        try:
            seconds[candidate] = run(candidate)
        except Exception as error:  # whatever a compiler or tracer throws
            print(f"trial: {what} {candidate} does not run: {in_short(error)}", file=sys.stderr)
    if not seconds:
        refuse(f"none of the candidates for {what} runs")
    trials[what] = {str(candidate): round(1 / value, 3) for candidate, value in seconds.items()}
    return min(seconds, key=seconds.get)


def shown(name, value):
    """Rounded for the console; --json has every digit."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {shown(name, entry)}" for key, entry in value.items()) or "-"
    if name.endswith("_bytes"):
        return f"{value / 1e6:.0f} MB"
    return f"{value:.4g}" if isinstance(value, float) else value


def publish(report, path):
    """Prints the report, and writes it to the file if one is given."""
    for name, value in report.items():
        print(f"{name:23} {shown(name, value)}")
    if path:
        try:
            with open(path, "w", encoding="utf-8") as file:
                json.dump(report, file, indent=2)
        except OSError as error:
            refuse(f"{path} cannot be written: {error.strerror}")
