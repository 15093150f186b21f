"""Sums over the pixels of each class, from logits and labels: the input of the losses.

The operator seg::class_sums (src/ops/class_sums.hpp) computes them in one pass over the bilinearly up-sampled logits, without a tensor
[N,K,H,W]. Here labels become what it takes, and counts are added up over the processes of torch.distributed.
"""
from typing import NamedTuple

import torch
import torch.distributed

from segtrain import operators

operators.load()

IGNORED = 255  # the operator's label of ignored pixels
NO_CLASS = 254  # a label that is never a class, which the operator refuses
MOST_CLASSES = 254


class ClassSums(NamedTuple):
    """Float64 and int64 tensors [K]. Counts are those of the whole batch, on all processes."""

    cross_entropy: torch.Tensor  # sum of -log p over the pixels of the class; differentiable
    pixels: torch.Tensor  # labelled pixels
    false_negatives: torch.Tensor  # labelled pixels with another arg-max
    predicted: torch.Tensor  # valid pixels with this arg-max
    probability: torch.Tensor  # sum of p of this class over all valid pixels; differentiable; empty unless requested
    true_probability: torch.Tensor  # the same over the pixels of the class

    @property
    def false_positives(self):
        return self.predicted - (self.pixels - self.false_negatives)


@torch.library.register_fake("seg::class_sums", allow_override=True)
def _shapes(logits, labels, align_corners, regions):
    """For torch.compile. The operator's own shapes do not know the device, and the last output, which is for backward, depends on it."""
    sums = [logits.new_empty([logits.shape[1] if wanted else 0], dtype=torch.float64) for wanted in (True, regions, regions)]
    counts = [logits.new_empty([logits.shape[1]], dtype=torch.int64) for _ in range(3)]
    log_sums = logits.new_empty(labels.shape if logits.device.type == "cuda" else [0], dtype=torch.float32)
    return [sums[0], *counts, *sums[1:], log_sums]


def _check(logits, labels, num_classes):
    if logits.dim() != 4 or not logits.is_floating_point() or logits.shape[1] != num_classes:
        raise ValueError(f"logits must be floating point [N,{num_classes},h,w], not {logits.dtype} {tuple(logits.shape)}")
    if labels.dim() != 3 or labels.is_floating_point() or labels.shape[0] != logits.shape[0]:
        raise ValueError(f"labels must be integers [{logits.shape[0]},H,W], not {labels.dtype} {tuple(labels.shape)}")
    if labels.device != logits.device:
        raise ValueError(f"logits are on {logits.device}, but labels are on {labels.device}")


def _as_operator_labels(labels, num_classes, ignore_index):
    """uint8 labels, 255 for ignored pixels. Raises ValueError for a label that is neither a class nor ignored, on the CPU; elsewhere, where the
    check would have to wait for the device, the loss becomes NaN."""
    if labels.dtype == torch.uint8 and ignore_index == IGNORED:
        return labels
    ignored = labels == ignore_index
    foreign = ((labels < 0) | (labels >= num_classes)) & ~ignored
    if labels.device.type == "cpu" and not torch.compiler.is_compiling() and foreign.any():
        found = labels[foreign]
        raise ValueError(f"labels must be 0 to {num_classes - 1} or {ignore_index}, but {found.numel()} are {found.min()} to {found.max()}")
    return labels.masked_fill(foreign, NO_CLASS).masked_fill(ignored, IGNORED).to(torch.uint8)


def _world_size(group):
    available = torch.distributed.is_available() and torch.distributed.is_initialized()
    return torch.distributed.get_world_size(group) if available else 1


def _over_processes(sums, group):
    """Counts and region sums of all processes. The gradient is this process' own, times the number of processes: DistributedDataParallel takes the
    mean over the processes, which then is the gradient of the loss of the whole batch."""
    world_size = _world_size(group)
    if world_size == 1:
        return sums
    counts = torch.stack([sums.pixels, sums.false_negatives, sums.predicted])
    torch.distributed.all_reduce(counts, group=group)
    regions = torch.stack([sums.probability, sums.true_probability])
    whole = regions.detach().clone()
    torch.distributed.all_reduce(whole, group=group)
    regions = whole + world_size * (regions - regions.detach())
    return ClassSums(world_size * sums.cross_entropy, *counts, *regions)


def class_sums(logits, labels, num_classes, ignore_index=IGNORED, align_corners=False, regions=False, group=None):
    """Computes ClassSums; see segtrain.losses for the arguments. `regions` requests the sums of probabilities. Without gradients, as in validation,
    all sums are of this process' part, so that processes may have different numbers of batches."""
    _check(logits, labels, num_classes)
    if logits.dtype == torch.float16:
        logits = logits.float()
    sums = torch.ops.seg.class_sums(logits, _as_operator_labels(labels, num_classes, ignore_index), align_corners, regions)
    sums = ClassSums(*sums[:6])
    return _over_processes(sums, group) if torch.is_grad_enabled() else sums
