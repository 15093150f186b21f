"""Data for scripts/bench_pytorch.py: image files, augmentation and batches as in segtrain, for torch's DataLoader.

The layouts are those of data/README.md, the classes those of data/synthia_seqs.yaml and data/camvid.yaml. Pixels stay u8 until the network.
"""
import pathlib
import random

import torch

try:
    import cv2
    import numpy as np
except ModuleNotFoundError:  # random data does not need them
    cv2 = np = None

IGNORED = 255
MEAN = (123.675, 116.28, 103.53)  # RGB, 0..255
STD = (58.395, 57.12, 57.375)
SCALES = (0.75, 1.75)
CROP_MIN_VALID = 0.1
FLIP = 0.5
# File ids of the train ids 0, 1, ...; all other ids are ignored.
FILE_IDS = {
    ("camvid", "ignore"): list(range(11)),
    ("camvid", "train"): list(range(12)),
    ("synthia_seqs", "ignore"): [*range(1, 13), 15],
    ("synthia_seqs", "train"): list(range(16)),
}


def images_in(folder):
    files = sorted(path for path in folder.iterdir() if path.suffix in (".png", ".jpg"))
    if not files:
        raise SystemExit(f"error: {folder} holds no images")
    return files


def list_camvid(root, split):
    return [(path, root / f"{split}annot" / f"{path.stem}.png") for path in images_in(root / split)]


def list_synthia_seqs(root, split):
    """Blocks in order of time: 70 % train, 10 % val, 20 % test, with a gap of 10 frames (at most a twentieth of the sequence) between them."""
    pairs = []
    for sequence in sorted(path for path in root.iterdir() if (path / "RGB").is_dir()):
        cameras = sorted(path for path in (sequence / "RGB").glob("*/*") if path.is_dir())
        frames = sorted({path.name for camera in cameras for path in images_in(camera)})
        count = len(frames)
        gap = min(10, count // 20)
        first, last = {"train": (0, count * 7 // 10 - gap), "val": (count * 7 // 10, count * 8 // 10), "test": (count * 8 // 10 + gap, count)}[split]
        for camera in cameras:
            labels = sequence / "GT" / "LABELS" / camera.relative_to(sequence / "RGB")
            pairs += [(camera / name, labels / name) for name in frames[first:last]]
    return pairs


LISTS = {"camvid": list_camvid, "synthia_seqs": list_synthia_seqs}


def resize(image, labels, height, width):
    if image.shape[:2] == (height, width):
        return image, labels
    shrinks = height <= image.shape[0] and width <= image.shape[1]
    image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return image, cv2.resize(labels, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)


def crop(image, labels, height, width):
    """A window of the frame at a random scale, padded if the frame is too small. Windows with few labels are drawn again."""
    scale = random.uniform(*SCALES)
    image, labels = resize(image, labels, round(image.shape[0] * scale), round(image.shape[1] * scale))
    below, right = max(0, height - image.shape[0]), max(0, width - image.shape[1])
    if below or right:
        image = cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_CONSTANT, value=[round(m) for m in MEAN])
        labels = cv2.copyMakeBorder(labels, 0, below, 0, right, cv2.BORDER_CONSTANT, value=IGNORED)
    for _ in range(10):
        y, x = random.randint(0, labels.shape[0] - height), random.randint(0, labels.shape[1] - width)
        window = np.s_[y : y + height, x : x + width]
        if np.count_nonzero(labels[window] != IGNORED) >= CROP_MIN_VALID * height * width:
            break
    return image[window], labels[window]


class Files(torch.utils.data.Dataset):
    """image u8 [H,W,3] RGB and labels u8 [H,W] in train ids.

    training: crops or resized whole frames, then flips. Otherwise frames as they are, or (if training resizes) resized images and labels at
    their own size.
    """

    def __init__(self, root, layout, split, ids, size, crops, training):
        if cv2 is None:
            raise SystemExit("error: image files need NumPy and OpenCV; this Python does not have both")
        self.pairs = LISTS[layout](pathlib.Path(root), split)
        if not self.pairs:
            raise SystemExit(f"error: {root} has no {split} images in the layout {layout}")
        self.table = np.full(65536, IGNORED, np.uint8)
        self.table[ids] = np.arange(len(ids))
        self.size, self.crops, self.training = size, crops, training

    def __len__(self):
        return len(self.pairs)

    def read(self, index):
        image_file, label_file = self.pairs[index]
        image, stored = cv2.imread(str(image_file), cv2.IMREAD_COLOR), cv2.imread(str(label_file), cv2.IMREAD_UNCHANGED)
        if image is None or stored is None:
            raise SystemExit(f"error: cannot read {image_file} and {label_file}")
        ids = stored if stored.ndim == 2 else stored[:, :, 2]  # OpenCV uses BGR; SYNTHIA stores the class in red
        return cv2.cvtColor(image, cv2.COLOR_BGR2RGB), self.table[ids]

    def __getitem__(self, index):
        cv2.setNumThreads(1)  # the workers are the parallelism
        image, labels = self.read(index)
        if self.training:
            image, labels = (crop if self.crops else resize)(image, labels, *self.size)
            if random.random() < FLIP:
                image, labels = image[:, ::-1], labels[:, ::-1]
        elif not self.crops:
            image, _ = resize(image, labels, *self.size)
        return torch.from_numpy(np.ascontiguousarray(image)), torch.from_numpy(np.ascontiguousarray(labels))


class Endless(torch.utils.data.Sampler):
    """A new order each epoch, without end, so that the workers never pause between epochs."""

    def __init__(self, count):
        self.count = count

    def __iter__(self):
        while True:
            yield from torch.randperm(self.count).tolist()

    def __len__(self):
        return self.count


def training_batches(dataset, batch, workers, pinned):
    return torch.utils.data.DataLoader(dataset, batch, sampler=Endless(len(dataset)), num_workers=workers, drop_last=True, pin_memory=pinned)


def evaluation_batches(dataset, batch, workers):
    return torch.utils.data.DataLoader(dataset, batch, num_workers=workers)


def random_batch(batch, size, classes, seed=0):
    """Images u8 [N,H,W,3] and labels u8 [N,H,W]; all pixels are independent."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (batch, *size, 3), dtype=torch.uint8, generator=generator)
    return images, torch.randint(0, classes, (batch, *size), dtype=torch.uint8, generator=generator)
