"""What scripts/bench_pytorch.py and scripts/bench_predict.py share: their options' values, how they refuse, choose the fastest way and report.

Needs nothing but Python, so that no library that an engine does without counts as its memory.
"""
import argparse
import json
import re
import sys


def refuse(text):
    """Ends the program: what is asked for cannot be had here."""
    print(f"error: {text}", file=sys.stderr)
    sys.exit(2)


def in_short(error):
    """Of an error that may be pages long, as a compiler's."""
    return f"{type(error).__name__} {' '.join(str(error).split())[:240]}"


def size_text(text):
    found = re.fullmatch(r"([1-9]\d*)x([1-9]\d*)", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text} is no HxW, such as 360x480")
    return int(found[1]), int(found[2])


def fastest(candidates, run, what, trials):
    """The candidate with the fewest seconds an image; `run` gives them. One that fails is reported and out of the race."""
    if len(candidates) == 1:
        return candidates[0]
    seconds = {}
    for candidate in candidates:
        try:
            seconds[candidate] = run(candidate)
        except Exception as error:  # whatever a compiler or tracer throws
            print(f"trial: {what} {candidate} does not run here: {in_short(error)}", file=sys.stderr)
    if not seconds:
        refuse(f"none of the candidates for {what} runs here")
    trials[what] = {str(candidate): round(1 / value, 3) for candidate, value in seconds.items()}
    return min(seconds, key=seconds.get)


def shown(name, value):
    """For people; --json has every digit."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {shown(name, entry)}" for key, entry in value.items()) or "-"
    if name.endswith("_bytes"):
        return f"{value / 1e6:.0f} MB"
    return f"{value:.4g}" if isinstance(value, float) else value


def publish(report, path):
    """Prints the report, and writes it to the file, if one is named."""
    for name, value in report.items():
        print(f"{name:23} {shown(name, value)}")
    if path:
        try:
            with open(path, "w", encoding="utf-8") as file:
                json.dump(report, file, indent=2)
        except OSError as error:
            refuse(f"{path} cannot be written: {error.strerror}")
