#!/usr/bin/env python3
"""Checks that every #include follows the layers: a module uses only what stands below it (CONTRIBUTING.md draws them)."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ALLOWED = {
    "base": set(),
    "config": {"base"},
    "tensor_files": {"base"},
    "report": {"base", "config"},
    "synthesis": {"base"},
    "core": {"base", "config", "tensor_files"},
    "ops": {"core", "base"},
}
for middle in ("data", "models", "losses", "metrics", "optim"):
    ALLOWED[middle] = {"ops", "core", "tensor_files", "config", "report", "base"}
ALLOWED["engine"] = {name for name in ALLOWED}
ALLOWED["bench"] = ALLOWED["engine"] | {"engine"}
ALLOWED["export"] = ALLOWED["bench"]
ALLOWED["apps"] = ALLOWED["engine"] | {"engine", "bench", "export"}
NO_TORCH = ("base", "tensor_files", "config", "report", "synthesis")
INCLUDE = re.compile(r'^\s*#include\s+(["<])([^">]+)[">]')


def problems_of(path):
    parts = path.relative_to(ROOT).parts
    module = "apps" if parts[0] == "apps" else parts[1]
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        where = f"{path.relative_to(ROOT)}:{number}"
        found = INCLUDE.match(line)
        if found:
            used = found.group(2).split("/")[0]
            if found.group(1) == '"' and used != module and used not in ALLOWED[module]:
                yield f"{where}: {module} must not include {found.group(2)}"
            if found.group(1) == "<" and module in NO_TORCH and used in ("torch", "ATen", "c10"):
                yield f"{where}: {module} stands without LibTorch"
        if re.match(r"^\s*#\s*if", line) and module not in ("ops", "core"):
            yield f"{where}: conditional compilation belongs to ops and core"


def main():
    files = sorted([*(ROOT / "src").rglob("*.[ch]pp"), *(ROOT / "apps").glob("*.cpp")])
    problems = [text for path in files for text in problems_of(path)]
    for path in [*files, *(ROOT / "tests").rglob("*.[ch]pp")]:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > 400:
            problems.append(f"{path.relative_to(ROOT)}: {lines} lines; over 400 it is two files")
    print("\n".join(problems) if problems else f"layers: {len(files)} files in order")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
