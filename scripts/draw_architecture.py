#!/usr/bin/env python3
"""Draws the figure of docs/architecture.md from the text below: draw_architecture.py writes docs/architecture.svg. --check writes nothing. It fails if
the committed figure differs, a name in the text is not in its file, or a page names a file that does not exist."""
import pathlib
import re
import sys
from html import escape

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIGURE = ROOT / "docs" / "architecture.svg"
PAGES = ("docs/architecture.md", "docs/troubleshooting.md")

# lane COLOUR TITLE | who works there; station NAME | what it is; indented: a file below src, and the names in it that own the station.
TEXT = """
lane #eaf2fb Loader threads of every rank, on the host | data.workers threads; each rank loads its own part of the batch
station file | an image and its label file
  data/listing.hpp FilePair Listing
  data/dataset_registry.hpp open_files
  data/datasets/layouts.hpp list_camvid list_folder
station decoded frame | image u8 [H,W,3] RGB, labels u8 [H,W]: train ids, 255 = ignored
  data/file_dataset.hpp FileDataset
  data/cache/cache.hpp CachedDataset SampleCache
station sample | cropped, scaled, flipped: at data.size
  data/sample.hpp Sample
  data/augment/transforms.hpp training_transform
  data/loader.hpp DataLoader
lane #fdf1e0 Main thread of every rank; tensors on the device, CPU or GPU | Learner and TrainingStep in engine/training; Communicator sums over ranks
station batch | u8 images [N,H,W,3] and labels [N,H,W]
  core/types.hpp Batch
  data/collate.hpp collate
  device/device_work.hpp Upload
station logits | [N,K,h,w] at the head's stride
  ops/normalize.hpp normalize
  models/model.hpp Model ModelOutput
  device/compute.hpp PrecisionScope
station loss input | logits and full-size labels; counts of all ranks
  losses/loss_input.hpp LossInput
  ops/class_sums.hpp ClassSums class_sums
station loss | a float32 scalar; then backward
  losses/loss.hpp Loss LossResult
  losses/class_weighting/class_weighting.hpp ClassWeighting
  engine/training/gradient_sum.hpp GradientSum
station rollback or update | one bool decides: update if all is finite
  optim/optimizer.hpp Optimizer
  optim/ema.hpp Ema
  engine/training/training_step.hpp Rollback
lane #e9f6ec Main thread of rank 0, on the host | Trainer in engine/training calls what writes; all files lie in the run directory
station checkpoint and events | step-N.safetensors, best.safetensors, metrics.jsonl, tensorboard/
  engine/checkpoints/checkpoint.hpp Checkpoint save_checkpoint
  engine/training/run_directory.hpp RunDirectory
  report/run/events.hpp Event Reporter
station report | eval/val/report.json, report.html; segreport reads the run directory only
  engine/evaluation/split_report.hpp SplitReport
  scores/scores.hpp Scores ConfusionTable
  report/pages/run_page.hpp write_run_page
"""

LEGEND = "Grey: the folder below src. Blue: the types and functions in it that own the station."

WIDTH, GUTTER, MARGIN, PAD, GAP, LANE_GAP = 1000, 30, 8, 10, 16, 26  # pixels
SANS = "-apple-system, 'Segoe UI', Helvetica, Arial, 'DejaVu Sans', sans-serif"
MONO = "'DejaVu Sans Mono', Menlo, Consolas, 'Courier New', monospace"
SANS_WIDTH, MONO_WIDTH = 0.62, 0.605  # of the font size: what a character takes at most, on average over a line, in any of these fonts
# Font size, height of a line, colour, attributes.
STYLES = {
    "lane": (15, 20, "#1f2328", f'font-family="{SANS}" font-weight="bold"'),
    "who": (13, 18, "#4a525b", f'font-family="{SANS}"'),
    "title": (15, 21, "#1f2328", f'font-family="{SANS}" font-weight="bold"'),
    "what": (13, 17, "#1f2328", f'font-family="{SANS}"'),
    "folder": (12, 20, "#57606a", f'font-family="{MONO}"'),
    "name": (12, 15, "#0a4a94", f'font-family="{MONO}"'),
}


def parsed():
    """[{colour, title, who, stations: [{title, what, owners: [(file, [names])]}]}]"""
    lanes = []
    for line in TEXT.strip().splitlines():
        if line.startswith("lane "):
            title, who = line[5:].split(" | ")
            colour, title = title.split(" ", 1)
            lanes.append({"colour": colour, "title": title, "who": who, "stations": []})
        elif line.startswith("station "):
            title, what = line[8:].split(" | ")
            lanes[-1]["stations"].append({"title": title, "what": what, "owners": []})
        else:
            file, *names = line.split()
            lanes[-1]["stations"][-1]["owners"].append((file, names))
    return lanes


def width_of(text, style):
    size, _, _, attributes = STYLES[style]
    return len(text) * size * (MONO_WIDTH if MONO in attributes else SANS_WIDTH)


def wrapped(text, style, width):
    """The words of the text in lines that fit into so many pixels; a word that does not fit is an error of the text."""
    lines = []
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(joined, style) <= width:
            lines[-1] = joined
        else:
            lines.append(word)
    for line in lines:
        if width_of(line, style) > width:
            sys.exit(f"draw_architecture.py: '{line}' does not fit into {width:.0f} pixels")
    return [(line, style) for line in lines]


def station_lines(station, width):
    lines = wrapped(station["title"], "title", width) + wrapped(station["what"], "what", width)
    folders = {}
    for file, names in station["owners"]:
        folders.setdefault(file.rsplit("/", 1)[0], []).extend(names)
    for folder, names in folders.items():
        lines += wrapped(folder, "folder", width) + wrapped(", ".join(names), "name", width)
    return lines


def height_of(lines):
    return sum(STYLES[style][1] for _, style in lines)


def drawn(lines, x, y):
    for text, style in lines:
        size, height, colour, attributes = STYLES[style]
        y += height
        yield f'<text x="{x:g}" y="{y - (height - size) / 2 - 1:g}" font-size="{size}" fill="{colour}" {attributes}>{escape(text)}</text>'


def box(x, y, width, height, fill, border, corner):
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{corner}" fill="{fill}" stroke="{border}"/>'


def arrow(*points):
    return f'<polyline points="{" ".join(f"{x:g},{y:g}" for x, y in points)}" fill="none" stroke="#4a525b" stroke-width="2" marker-end="url(#head)"/>'


def figure():
    parts, y, leaving = [], MARGIN, None
    left, inside = GUTTER, WIDTH - GUTTER - MARGIN
    for lane in parsed():
        stations = lane["stations"]
        width = (inside - 2 * PAD - GAP * (len(stations) - 1)) / len(stations)
        heads = wrapped(lane["title"], "lane", inside - 2 * PAD) + wrapped(lane["who"], "who", inside - 2 * PAD)
        bodies = [station_lines(station, width - 14) for station in stations]
        tallest = max(height_of(lines) for lines in bodies) + 12
        top = y + height_of(heads) + 16
        parts.append(box(left, y, inside, top + tallest + PAD - y, lane["colour"], "#c3ccd5", 8))
        parts += drawn(heads, left + PAD, y + 5)
        middle = top + tallest / 2
        if leaving:
            x, bottom = leaving
            turn = y - LANE_GAP / 2
            parts.append(arrow((x, bottom), (x, turn), (left / 2, turn), (left / 2, middle), (left + PAD - 2, middle)))
        for number, lines in enumerate(bodies):
            x = left + PAD + number * (width + GAP)
            parts.append(box(x, top, width, tallest, "#ffffff", "#8c959f", 6))
            parts += drawn(lines, x + 7, top + 4)
            if number > 0:
                parts.append(arrow((x - GAP, middle), (x - 2, middle)))
        leaving = (x + width / 2, top + tallest)
        y = top + tallest + PAD + LANE_GAP
    legend = wrapped(LEGEND, "who", inside)
    parts += drawn(legend, left, y - LANE_GAP)
    height = y - LANE_GAP + height_of(legend) + MARGIN
    stations = ", ".join(station["title"] for lane in parsed() for station in lane["stations"])
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:g}" viewBox="0 0 {WIDTH} {height:g}" role="img">',
        f"<title>The life of a step: {escape(stations)}</title>",
        "<!-- Made by scripts/draw_architecture.py; edit the text there. -->",
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto">'
        '<path d="M0,0 L8,4 L0,8 z" fill="#4a525b"/></marker></defs>',
        f'<rect width="{WIDTH}" height="{height:g}" fill="#ffffff"/>', *parts, "</svg>", ""])


def wrong_names():
    for lane in parsed():
        for station in lane["stations"]:
            for file, names in station["owners"]:
                header = ROOT / "src" / file
                text = header.read_text(encoding="utf-8") if header.is_file() else ""
                for name in names:
                    if not re.search(rf"\b(?:class|struct) {name}\b|\b{name}\(", text):
                        yield f"scripts/draw_architecture.py: there is no {name} in src/{file}"


def wrong_paths():
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        named = set(re.findall(r"\b(?:src|apps|scripts|tests|configs|cmake)/[\w./-]*\w", text))
        named |= {str((pathlib.Path("docs") / link).as_posix()) for link in re.findall(r"\]\(([\w./-]+)", text)}
        for path in sorted(named):
            if not (ROOT / path).exists():
                yield f"{page}: there is no {path}"


def main():
    if sys.argv[1:] == ["--check"]:
        problems = [*wrong_names(), *wrong_paths()]
        if not FIGURE.is_file() or FIGURE.read_text(encoding="utf-8") != figure():
            problems.append("docs/architecture.svg is not what scripts/draw_architecture.py draws: run it")
        print("\n".join(problems) if problems else "architecture: the figure and the paths of its pages are up to date")
        return 1 if problems else 0
    if sys.argv[1:]:
        sys.exit(__doc__)
    FIGURE.write_text(figure(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
