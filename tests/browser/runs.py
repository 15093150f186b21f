"""Run directories as segtrain and segeval leave them, small: what segreport makes the tested pages from."""

import json
import struct
import zlib


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def panel_picture(colours=((90, 90, 90), (128, 64, 128), (64, 128, 192), (255, 32, 64)), width=60, height=40, gap=4):
    """A panel as segeval draws it, as PNG: four parts, here each of one colour."""
    line = b"\0" + bytes([128, 128, 128] * gap).join(bytes(colour) * width for colour in colours)
    size = struct.pack(">IIBBBBB", 4 * width + 3 * gap, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(line * height)) + chunk(b"IEND", b"")


PNG = panel_picture()


def ratio(part, whole):
    return part / whole if whole > 0 else None


def confusion_of(names, quality):
    """From frequent to rare; most truth pixels are found, the others called by the next class."""
    confusion = [[0] * len(names) for _ in names]
    for truth, row in enumerate(confusion):
        pixels = round(100000 / 3**truth) + 3
        row[truth] = round(pixels * quality / (1 + 0.1 * truth))
        row[(truth + 1) % len(names)] = pixels - row[truth]
    return confusion


def report_of(names, quality):
    confusion = confusion_of(names, quality)
    classes = []
    for id, name in enumerate(names):
        truth, predicted, hits = sum(confusion[id]), sum(row[id] for row in confusion), confusion[id][id]
        classes.append({
            "id": id, "name": name, "pixels": truth, "accuracy": ratio(hits, truth), "precision": ratio(hits, predicted),
            "iou": ratio(hits, truth + predicted - hits), "f1": ratio(2 * hits, truth + predicted),
        })
    mean = lambda score: sum(one[score] or 0 for one in classes) / len(classes)
    return {
        "split": "val", "images": 2, "pixels": sum(one["pixels"] for one in classes), "overall_accuracy": quality,
        "mean_accuracy": mean("accuracy"), "mean_iou": mean("iou"), "mean_precision": mean("precision"), "mean_f1": mean("f1"),
        "frequency_weighted_iou": quality, "classes": classes, "confusion": confusion, "checkpoint": "best.safetensors",
    }


def events_of(names, loss, seed):
    yield {"event": "start", "iteration": 0, "name": names[0], "loss": loss, "dataset": "camvid", "seed": seed, "iterations": 400,
           "device": "cpu", "versions": "LibTorch"}
    for iteration in range(10, 401, 10):
        progress = iteration / 400
        recalls = [None if iteration < 30 and id > 3 else progress / (1 + 0.3 * id) for id in range(len(names))]
        yield {"event": "train", "iteration": iteration, "loss": 2 - progress, "cross_entropy": 1.9 - progress,
               "learning_rate": 0.01 * (1 - progress), "class_weights": dict(zip(names, (1 - (recall or 0) for recall in recalls))),
               "class_recalls": dict(zip(names, recalls))}
        if iteration % 100 == 0:
            yield {"event": "validation", "iteration": iteration, "mean_iou": 0.5 * progress, "mean_accuracy": 0.7 * progress, "cross_entropy": 1}
    yield {"event": "end", "iteration": 400, "reason": "finished", "weights_digest": "abc"}


TAUS = [-1, -0.5, 0, 0.5, 1]
IMAGES = ("val/0001", "val/0002")


def tau_counts_of(names, quality):
    """A line of settings, then one an image: more is found as tau rises, and away from 0 more is called wrongly, so that the curve bends."""
    tables = [confusion_of(names, quality + 0.08 * tau) for tau in TAUS]
    called = [[sum(row[id] for row in table) * (1 + 0.3 * tau * tau) for id in range(len(names))] for tau, table in zip(TAUS, tables)]
    counts = [[count for id in range(len(names)) for count in (round(predicted[id]), table[id][id])] for predicted, table in zip(called, tables)]
    yield {"split": "val", "checkpoint": "best.safetensors", "taus": TAUS}
    for id in IMAGES:
        yield {"id": id, "truth": [sum(row) for row in tables[0]], "counts": counts}


def write_lines(path, values):
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")


def write_run(folder, names, loss="recall", seed=0, quality=0.8, curve=False):
    evaluation = folder / "eval/val"
    panels = evaluation / "panels"
    panels.mkdir(parents=True)
    write_lines(folder / "metrics.jsonl", events_of(names, loss, seed))
    (folder / "config.yaml").write_text(f'name: "{names[0]}"\nloss: {{type: {loss}}}\n# {"a long line " * 30}\n', encoding="utf-8")
    (evaluation / "report.json").write_text(json.dumps(report_of(names, quality)), encoding="utf-8")
    cells = [[truth, predicted, count] for truth, row in enumerate(confusion_of(names, quality)) for predicted, count in enumerate(row) if count > 0]
    write_lines(evaluation / "per_image.jsonl", ({"id": id, "confusion": cells} for id in IMAGES))
    if curve:
        write_lines(evaluation / "tau_counts.jsonl", tau_counts_of(names, quality))
    (panels / "a.png").write_bytes(PNG)
    (panels / "index.json").write_text(json.dumps({"panels": [
        {"title": "best", "id": "val/0001", "file": "a.png", "mean_iou": 0.5},
        {"title": f"most of the rare class {names[-1]}", "id": "val/0002", "file": "a.png", "mean_iou": None},
    ]}), encoding="utf-8")
