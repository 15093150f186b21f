#!/usr/bin/env python3
"""Checks rules that the compiler does not check: every #include follows the layers of CONTRIBUTING.md, also between the rooms of a module; no
two headers define a type or an alias of one name (the linker would mix their functions); only the modules for devices ask which device it
is; files are short."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ALLOWED = {
    "base": set(),
    "config": {"base"},
    "tensor_files": {"base"},
    "scores": {"base"},
    "report": {"base", "scores"},
    "synthesis": {"base"},
    "core": {"base", "config", "tensor_files"},
    "device": {"core", "config", "base"},
    "ranks": {"device", "core", "base"},
    "ops": {"ranks", "device", "core", "base"},
}
for middle in ("data", "models", "losses", "optim"):
    ALLOWED[middle] = {"ops", "ranks", "device", "core", "tensor_files", "config", "base"}
ALLOWED["predict"] = ALLOWED["data"] | {"data", "models"}
ALLOWED["engine"] = set(ALLOWED)
ALLOWED["bench"] = ALLOWED["engine"] | {"engine"}
ALLOWED["export"] = ALLOWED["bench"]
ALLOWED["apps"] = ALLOWED["engine"] | {"engine", "bench", "export"}
# The rooms of a module: sub-folders, from the lowest to the highest. Each may use itself, those before it and the folder of the module, which uses
# none of them.
ROOMS = {"report": ("run", "comparison", "pages"), "engine": ("checkpoints", "evaluation", "training", "commands")}
# Headers that no other file of their own folder may use.
TOPS = {"engine/training/trainer.hpp"}
NO_TORCH = ("base", "tensor_files", "config", "scores", "report", "synthesis")
# Code here must not ask which device it is. Differences between devices belong to src/device and to the dispatch of kernels in src/ops.
ANY_DEVICE = ("losses/", "optim/", "models/", "predict/", "engine/training/", "engine/evaluation/")
DEVICE = re.compile(r"\bis_(?:cuda|cpu|meta)\b|\bk(?:CUDA|CPU|Meta)\b|\bDeviceType\b|\bcuda::|\bcan_record\b|\bdevice(?:\(\))?\.type\b|#include <cuda")
# The most headers in one folder of these modules.
MOST_HEADERS = {"engine": 20, "data": 20}
# As clang-format writes them: the contents of a namespace are not indented, members are.
NAMESPACE = re.compile(r"^(?:namespace (\S+) \{|\}  // namespace)")
TYPE = re.compile(r"^(?:(?:class|struct|union|enum class|enum) ([\w:]+)(?![\w:])(?! *[;<])|using (\w+) =)")
INCLUDE = re.compile(r'^\s*#include\s+(["<])([^">]+)[">]')


def module_of(path):
    parts = path.relative_to(ROOT).parts
    return "apps" if parts[0] == "apps" else parts[1]


def room_of(module, name):
    """The number of the room of a file, from its path below src; 0 for the module's own folder."""
    rooms = ("", *ROOMS[module])
    parts = name.split("/")
    return rooms.index(parts[1]) if len(parts) > 2 else 0


def problems_of(path):
    module = module_of(path)
    inside = "" if module == "apps" else str(path.relative_to(ROOT / "src"))
    own_room = room_of(module, inside) if module in ROOMS else 0
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        where = f"{path.relative_to(ROOT)}:{number}"
        found = INCLUDE.match(line)
        if found:
            used = found.group(2).split("/")[0]
            if found.group(1) == '"' and used != module and used not in ALLOWED[module]:
                yield f"{where}: {module} must not include {found.group(2)}"
            if found.group(1) == '"' and used == module and module in ROOMS and room_of(module, found.group(2)) > own_room:
                yield f"{where}: {path.parent.relative_to(ROOT / 'src')} must not include {found.group(2)}"
            if found.group(2) in TOPS and path.stem != pathlib.Path(found.group(2)).stem and (ROOT / "src" / found.group(2)).parent == path.parent:
                yield f"{where}: no other file of this folder may include {found.group(2)}"
            if found.group(1) == "<" and module in NO_TORCH and used in ("torch", "ATen", "c10"):
                yield f"{where}: {module} must not use LibTorch"
        if inside.startswith(ANY_DEVICE) and DEVICE.search(line.split("//")[0]):
            yield f"{where}: {inside.rsplit('/', 1)[0]} must not ask which device it is"
        if re.match(r"^\s*#\s*if", line) and module not in ("ops", "device", "ranks"):
            yield f"{where}: conditional compilation is only allowed in ops, device and ranks"


def types_of(header):
    """The full names of the types that the header defines."""
    namespaces = []
    for line in header.read_text(encoding="utf-8").splitlines():
        if found := NAMESPACE.match(line):
            namespaces = [*namespaces, found.group(1)] if found.group(1) else namespaces[:-1]
        elif found := TYPE.match(line):
            yield "::".join([*namespaces, found.group(1) or found.group(2)])


def doubles_of(headers):
    definitions = {}
    for header in headers:
        for name in types_of(header):
            first = definitions.setdefault(name, header)
            if first != header:
                yield f"{header.relative_to(ROOT)}: {name} is already defined in {first.relative_to(ROOT)}"


def main():
    files = sorted([*(ROOT / "src").rglob("*.[ch]pp"), *(ROOT / "src").rglob("*.cu"), *(ROOT / "src").rglob("*.cuh"), *(ROOT / "apps").glob("*.cpp")])
    problems = [text for path in files for text in problems_of(path)]
    problems += doubles_of(path for path in files if path.suffix == ".hpp")
    for folder in sorted({path.parent for path in files}):
        headers = len(list(folder.glob("*.hpp")))
        if headers > MOST_HEADERS.get(module_of(folder), 99):
            problems.append(f"{folder.relative_to(ROOT)}: {headers} headers; move headers that belong together to a sub-folder")
    for path in [*files, *(ROOT / "tests").rglob("*.[ch]pp")]:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > 400:
            problems.append(f"{path.relative_to(ROOT)}: {lines} lines; split files of more than 400 lines")
    print("\n".join(problems) if problems else f"layers: {len(files)} files checked")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
