#!/usr/bin/env python3
"""Prints what the fault drill tried, from the results that the test programs wrote: fault_table.py RESULTS.json...

A row counts the tries of all tests that name it. The table is incomplete, and the exit code 1, where a row was never tried, a try lost
something, or a test failed.
"""
import json
import sys

# In the order of the table: the row's name in the tests, what is tried, what keeps the run whole.
ROWS = [
    ("kill", "SIGKILL at any moment, during the write of a checkpoint and in validation",
     "temporary file, sync, rename; randomness is a function of (seed, iteration), so nothing else has to be saved"),
    ("signal", "SIGTERM, SIGINT, and a second one", "saved at the step boundary; the second ends at once"),
    ("disk", "full disk, quota, file-size limit, no permission, read-only folder", "checkpoint: exit 5, the one before stays; logs, metrics, reports wait and are tried again"),
    ("damaged", "checkpoint truncated, any bit flipped, empty, a folder, another type", "a digest over every byte but its own; fall back to the newest valid one"),
    ("hostile", "hostile safetensors headers and PyTorch files", "streaming parsers, capped sizes, every length checked before it is used"),
    ("other_network", "checkpoint of another architecture, backbone or class table", "all differing tensors or classes are listed, exit 5"),
    ("changed_config", "resume under another configuration", "refused with the differing keys; harmless ones are taken and logged"),
    ("non_finite", "loss or gradients that are not finite", "the step is undone, its batch kept, exit 4 after train.max_bad_steps"),
    ("no_labels", "all pixels ignored, one class alone, a class without pixels", "defined results, null where undefined, one warning"),
    ("bad_data", "label values, sizes, types, damage, huge headers, vanishing files, odd names", "every file checked as it is decoded, memory bounded by its header; stop or skip"),
    ("bad_config", "YAML that is empty, cyclic, huge, nested, a bomb; every key wrong in turn", "strict reader with file:line:column; nothing touched before all is valid"),
    ("loader", "exception in a loader thread, a read that never returns, a slow disk", "exceptions carried to the caller; data.timeout_s names the file"),
    ("memory", "address-space limit in training and evaluation", "exit 6 with what to lower; scores never depend on memory"),
    ("rank_lost", "SIGKILL of each of two processes, in a step, in validation, in a checkpoint",
     "heartbeats name the lost one; all end, exit 7; the last checkpoint is whole, and all go on from it"),
    ("rank_stuck", "one of two processes hangs", "the same after train.rank_timeout_s"),
    ("rank_signal", "SIGTERM to one of two processes, or to both", "the sum that every step makes carries the request: all stop after the same step, saved once"),
    ("two_runs", "two runs in one folder, a finished run", "file lock that names the process; --resume never refuses"),
    ("environment", "clock jumps, time zones, decimal comma, no home, closed pipes, 80 and 20 columns", "monotonic clock, C locale, broken pipes ignored"),
    ("soak", "a day in miniature: memory and open files", "nothing is allocated that a step does not free"),
]


def collect(paths):
    """{row: [tries, lost]}, details of tests, names of failed and of skipped tests."""
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
        sys.exit(f"error: no row is called {', '.join(sorted(unknown))}\nhint: add it to ROWS in {sys.argv[0]}")
    print("| fault | tries | lost | what keeps the run whole |\n|---|---:|---:|---|")
    good = not failed
    for name, fault, mechanism in ROWS:
        tries, lost = counts.get(name, (0, 0))
        good = good and tries > 0 and lost == 0
        print(f"| {fault} | {tries:,} | {lost} | {mechanism} |")
    print()
    for line in details:
        print(f"- {line}")
    for name in skipped:
        print(f"- not tried on this machine: {name}")
    for name in failed:
        print(f"- FAILED: {name}")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
