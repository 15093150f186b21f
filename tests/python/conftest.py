"""What the tests share: batches, and the losses in plain PyTorch."""
import torch
from torch.nn import functional


def batch(classes=5, images=2, stride=4, size=(23, 34), dtype=torch.float32, seed=0, ignore_index=255):
    """logits [N,K,h,w] and int64 labels [N,H,W] with ignored pixels; the last class occurs only in the first image."""
    generator = torch.Generator().manual_seed(seed)
    low = [(side + stride - 1) // stride for side in size]
    logits = torch.randn((images, classes, *low), generator=generator) * 2
    labels = torch.randint(0, classes, (images, *size), generator=generator)
    labels[1:] = labels[1:].clamp_max(classes - 2)
    labels[torch.rand(labels.shape, generator=generator) < 0.2] = ignore_index
    return logits.to(dtype), labels


def value_and_gradient(loss, logits, labels):
    leaf = logits.detach().clone().requires_grad_()
    value = loss(leaf, labels)
    value.backward()
    return value.detach(), leaf.grad


def difference(value, expected):
    """The largest difference, relative to the largest expected value."""
    return ((value.double() - expected.double()).abs().max() / expected.double().abs().max().clamp_min(1e-30)).item()


class Plain:
    """The losses in plain PyTorch operations, from logits of the labels' size."""

    def __init__(self, logits, labels, ignore_index=255, align_corners=False):
        classes = logits.shape[1]
        self.scores = functional.interpolate(logits, labels.shape[1:], mode="bilinear", align_corners=align_corners)
        self.valid = labels != ignore_index
        self.truth = functional.one_hot(labels.masked_fill(~self.valid, 0), classes).movedim(-1, 1) * self.valid[:, None]
        found = functional.one_hot(self.scores.argmax(1), classes).movedim(-1, 1) * self.valid[:, None]
        self.pixels = self.truth.sum((0, 2, 3))
        hits = (self.truth * found).sum((0, 2, 3))
        self.misses, self.wrong = self.pixels - hits, found.sum((0, 2, 3)) - hits

    def cross_entropy(self, weights, by_weights):
        entropy = -(functional.log_softmax(self.scores, 1) * self.truth).sum((0, 2, 3))
        divisor = (weights * self.pixels).sum() if by_weights else self.pixels.sum()
        return (weights * entropy).sum() / divisor

    def recall(self):
        return self.cross_entropy(self.misses.clamp_min(1) / self.pixels.clamp_min(1), by_weights=False)

    def soft_iou(self):
        probability = functional.softmax(self.scores, 1) * self.valid[:, None]
        intersection = (probability * self.truth).sum((0, 2, 3))
        iou = intersection / (probability.sum((0, 2, 3)) + self.pixels - intersection)
        return 1 - iou[self.pixels > 0].mean()

    def iou_gap(self):
        weights = (self.misses + self.wrong).clamp_min(1) / (self.pixels + self.wrong).clamp_min(1) * (self.pixels > 0)
        return 0.25 * self.cross_entropy(weights, by_weights=True) + 0.75 * self.soft_iou()
