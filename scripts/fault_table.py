#!/usr/bin/env python3
"""Prints the table of the fault drill from the results that the test programs wrote: fault_table.py RESULTS.json...

A row counts the tries of all tests that name it. The exit code is 1 if a row was never tried, a try lost something, or a test failed.
"""
import json
import sys

# In the order of the table: the row's name in the tests, what is tried, what protects the run.
ROWS = [
    ("kill", "SIGKILL at any moment, also while a checkpoint is written and in validation",
     "checkpoints are written to a temporary file, synced and renamed; random numbers depend only on (seed, iteration), with no state to lose"),
    ("signal", "SIGTERM, SIGINT, and a second signal", "the run saves at the end of the step; a second signal ends it at once"),
    ("disk", "full disk, quota, file-size limit, no permission, read-only folder",
     "a checkpoint that cannot be written ends the run with exit 5, and the previous one stays; logs, metrics and reports are retried"),
    ("damaged", "checkpoint truncated, with any flipped bit, empty, a folder, another file type",
     "a digest covers every byte except its own; resume takes the newest valid checkpoint"),
    ("hostile", "hostile safetensors headers and PyTorch files", "streaming parsers with size limits; every length is checked before it is used"),
    ("other_network", "checkpoint of another architecture, backbone or class table", "exit 5; the error lists all tensors or classes that differ"),
    ("changed_config", "resume with another configuration", "refused, with the keys that differ; harmless changes are accepted and logged"),
    ("non_finite", "loss or gradients that are not finite", "the step is undone and its batch is saved; exit 4 after train.max_bad_steps"),
    ("no_labels", "all pixels ignored, only one class, a class without pixels", "results are defined, or null where they cannot be; one warning"),
    ("bad_data", "wrong label values, sizes and types, damaged files, huge headers, files that vanish, odd names",
     "every file is checked when it is decoded, and its header bounds the memory; the run stops or skips the file"),
    ("bad_config", "YAML that is empty, cyclic, huge, deeply nested or a bomb; wrong values for every key",
     "strict reader with file:line:column; nothing starts before everything is valid"),
    ("loader", "exception in a loader thread, a read that never returns, a slow disk",
     "exceptions reach the caller; the error after data.timeout_s names the file"),
    ("memory", "address-space limit in training and evaluation", "exit 6, and the error says what to lower; scores never depend on memory"),
    ("rank_lost", "SIGKILL of each of two processes: in a step, in validation, in a checkpoint",
     "heartbeats name the lost process; all end with exit 7; the last checkpoint is whole, and all resume from it"),
    ("rank_stuck", "one of two processes hangs", "the same, after train.rank_timeout_s"),
    ("rank_signal", "SIGTERM to one of two processes, or to both",
     "the all-reduce of each step carries the request: all stop after the same step and save once"),
    ("two_runs", "two runs in one folder; a finished run", "a file lock, which names the other process; --resume never refuses a folder with a run"),
    ("environment", "clock jumps, time zones, decimal comma, no home folder, closed pipes, 80 and 20 columns",
     "monotonic clock, C locale, broken pipes are ignored"),
    ("soak", "many steps: memory and open files", "a step frees everything that it allocates"),
]


def collect(paths):
    """Returns {row: [tries, lost]}, details of tests, and the names of failed and of skipped tests."""
    counts, details, failed, skipped = {}, [], [], []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            suites = json.load(file)["testsuites"]
        for suite in suites:
            for test in suite["testsuite"]:
                name = f"{test['classname']}.{test['name']}"
                if test.get("failures"):
                    failed.append(name)
                if test.get("result") == "SKIPPED":
                    skipped.append(name)
                if "fault" in test:
                    row = counts.setdefault(test["fault"], [0, 0])
                    row[0] += int(test["tries"])
                    row[1] += int(test["lost"])
                known = ("name", "classname", "fault", "tries", "lost", "status", "result", "timestamp", "time", "failures", "file", "line", "skipped",
                         "value_param", "type_param")
                more = {key: value for key, value in test.items() if key not in known}
                if more:
                    details.append(f"{name}: " + ", ".join(f"{key} {value}" for key, value in more.items()))
    return counts, details, failed, skipped


def main():
    counts, details, failed, skipped = collect(sys.argv[1:])
    unknown = set(counts) - {name for name, _, _ in ROWS}
    if unknown:
        sys.exit(f"error: the table has no row {', '.join(sorted(unknown))}\nhint: add it to ROWS in {sys.argv[0]}")
    print("| fault | tries | lost | what protects the run |\n|---|---:|---:|---|")
    good = not failed
    for name, fault, mechanism in ROWS:
        tries, lost = counts.get(name, (0, 0))
        good = good and tries > 0 and lost == 0
        print(f"| {fault} | {tries:,} | {lost} | {mechanism} |")
    print()
    for line in details:
        print(f"- {line}")
    for name in skipped:
        print(f"- skipped on this machine: {name}")
    for name in failed:
        print(f"- FAILED: {name}")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
