"""Losses for semantic segmentation with rare classes, for PyTorch.

    loss = segtrain.losses.IouGapLoss(num_classes=19)
    loss(logits, labels).backward()

All take logits [N,K,h,w] in float32, bfloat16 or float16 (float64 for tests), at any stride of the network, and labels [N,H,W] in uint8 or int64;
logits are up-sampled to the labels' size, with the corners that `align_corners` says, as in torch.nn.functional.interpolate. They return a scalar.
Pixels with the label `ignore_index` do not count. Pass logits as the network makes them: up-sampling them before takes memory and time and changes
nothing.

Under DistributedDataParallel the counts are those of the whole batch: the losses of the processes have the loss of the whole batch as their mean,
and so do their gradients.

The formulas are those of src/losses (C++), over vectors [K]; the pixels are counted by the same kernels.
"""
import torch
from torch import nn

from segtrain.class_sums import IGNORED, MOST_CLASSES, class_sums

SMOOTHINGS = ("published", "none")
SCHEMES = ("inverse_frequency", "median_frequency", "effective_number", "enet")


def class_weights(scheme, pixels, pixels_of_images=None):
    """Weights float64 [K] from the number of labelled pixels of each class in the training set (src/losses/class_weighting/weighting_registry.cpp).

    inverse_frequency: 1 / (K f); median_frequency: median(g) / g, with g the pixels of the class over the valid pixels of the images that contain
    it, pixels_of_images (SegNet, arXiv 1511.00561); effective_number: (1 - b) / (1 - b^n), scaled to the sum K (arXiv 1901.05555);
    enet: 1 / ln(1.02 + f) (arXiv 1606.02147). A class without pixels has the weight 1.
    """
    if scheme not in SCHEMES:
        raise ValueError(f"there is no scheme '{scheme}'; the schemes are {', '.join(SCHEMES)}")
    pixels = torch.as_tensor(pixels, dtype=torch.float64)
    present = pixels > 0
    n, total = pixels.clamp_min(1), pixels.sum()
    if scheme == "inverse_frequency":
        weights = total / (len(pixels) * n)
    elif scheme == "median_frequency":
        if pixels_of_images is None:
            raise ValueError("median_frequency needs pixels_of_images: for each class, the valid pixels of the images that contain it")
        frequency = n / torch.as_tensor(pixels_of_images, dtype=torch.float64).clamp_min(1)
        weights = torch.quantile(frequency[present], 0.5) / frequency if present.any() else frequency
    elif scheme == "effective_number":
        weights = 1 / (total * -torch.expm1(n * torch.log1p(-1 / total)))
        weights = weights * present.sum() / weights[present].sum()
    else:
        weights = 1 / torch.log(1.02 + n / total)
    return torch.where(present, weights, torch.ones_like(weights))


def _or_one(divisor):
    return torch.where(divisor == 0, torch.ones_like(divisor), divisor)


def _weighted_mean(sums, weights, by_weights):
    """sum_c w_c S_c, divided by the number of valid pixels or by the sum of their weights."""
    divisor = (weights * sums.pixels).sum() if by_weights else sums.pixels.sum().to(weights.dtype)
    return (weights / _or_one(divisor) * sums.cross_entropy).sum()


def _soft_iou(sums, classes):
    """1 - mean_c I_c / U_c with I and U from probabilities (Rahman and Wang, ISVC 2016), over the classes in the labels or over all."""
    intersection = sums.true_probability
    iou = intersection / (sums.probability + sums.pixels - intersection).clamp_min(1e-12)
    chosen = (sums.pixels > 0 if classes == "present" else torch.ones_like(sums.pixels)).to(iou.dtype)
    loss = 1 - (iou * chosen).sum() / _or_one(chosen.sum())
    return loss * (sums.pixels.sum() > 0)


class _ErrorRates(nn.Module):
    """Weights 1 - recall or 1 - IoU of each class, from the arg-max predictions in the batch; no gradient flows through them."""

    def __init__(self, score, num_classes, smoothing, momentum, floor):
        super().__init__()
        if smoothing not in SMOOTHINGS:
            raise ValueError(f"there is no smoothing '{smoothing}'; it is {' or '.join(SMOOTHINGS)}")
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum must be at least 0 and below 1, not {momentum}")
        if not 0 <= floor <= 1:
            raise ValueError(f"floor must be 0 to 1, not {floor}")
        self.score, self.smoothing, self.momentum, self.floor = score, smoothing, momentum, floor
        if momentum > 0:
            self.register_buffer("scores", torch.zeros(num_classes, dtype=torch.float64))
            self.register_buffer("observed", torch.zeros(num_classes, dtype=torch.bool))

    def forward(self, sums):
        present = sums.pixels > 0
        errors, total = sums.false_negatives, sums.pixels
        if self.score == "iou":
            errors, total = errors + sums.false_positives, total + sums.false_positives
        if self.smoothing == "published":
            errors = errors.clamp_min(1)
        rates = errors.double() / total.clamp_min(1)
        if self.momentum > 0:
            rates = self._smoothed(rates, present)
        return rates.clamp_min(self.floor) * present

    def _smoothed(self, rates, present):
        score = 1 - rates
        mixed = torch.where(self.observed, self.momentum * self.scores + (1 - self.momentum) * score, score)
        scores = torch.where(present, mixed, self.scores)
        if self.training and torch.is_grad_enabled():
            self.scores.copy_(scores)
            self.observed.logical_or_(present)
        return 1 - scores


class _Loss(nn.Module):
    regions = False  # whether the sums of probabilities are needed

    def __init__(self, num_classes, ignore_index, align_corners, process_group):
        super().__init__()
        if not 1 <= num_classes <= MOST_CLASSES:
            raise ValueError(f"num_classes must be 1 to {MOST_CLASSES}, not {num_classes}")
        self.num_classes, self.ignore_index, self.align_corners, self.process_group = num_classes, ignore_index, align_corners, process_group

    def forward(self, logits, labels):
        sums = class_sums(logits, labels, self.num_classes, self.ignore_index, self.align_corners, self.regions, self.process_group)
        return self.of_sums(sums).to(torch.promote_types(logits.dtype, torch.float32))


class WeightedCrossEntropy(_Loss):
    """Cross entropy with a constant weight [K] for each class, a mean with these weights; without `weight`, plain cross entropy. The same as
    torch.nn.CrossEntropyLoss(weight) on up-sampled logits. class_weights() computes weights from a training set."""

    def __init__(self, num_classes, weight=None, ignore_index=IGNORED, align_corners=False, process_group=None):
        super().__init__(num_classes, ignore_index, align_corners, process_group)
        weight = torch.ones(num_classes) if weight is None else torch.as_tensor(weight)
        if weight.shape != (num_classes,):
            raise ValueError(f"weight must have the shape [{num_classes}], not {list(weight.shape)}")
        self.register_buffer("weight", weight.to(torch.float64))

    def of_sums(self, sums):
        return _weighted_mean(sums, self.weight, by_weights=True)


class RecallLoss(_Loss):
    """Cross entropy in which each class is weighted by 1 - recall, its share of missed pixels in the batch (Tian et al., arXiv 2106.14917).

    smoothing: "published": max(FN, 1) / max(GT, 1); "none": FN / GT, so that a class without errors has no gradient.
    momentum: smoothing of recalls over forward passes in training; their state is in state_dict(). floor: the minimum weight of a class.
    """

    def __init__(self, num_classes, ignore_index=IGNORED, smoothing="published", momentum=0.0, floor=0.0, align_corners=False, process_group=None):
        super().__init__(num_classes, ignore_index, align_corners, process_group)
        self.error_rates = _ErrorRates("recall", num_classes, smoothing, momentum, floor)

    def of_sums(self, sums):
        return _weighted_mean(sums, self.error_rates(sums), by_weights=False)


class SoftIoULoss(_Loss):
    """1 - the mean over classes of the soft IoU (Rahman and Wang, ISVC 2016). classes: "present": those in the batch's labels; "all"."""

    regions = True

    def __init__(self, num_classes, ignore_index=IGNORED, classes="present", align_corners=False, process_group=None):
        super().__init__(num_classes, ignore_index, align_corners, process_group)
        if classes not in ("present", "all"):
            raise ValueError(f"classes must be 'present' or 'all', not '{classes}'")
        self.classes = classes

    def of_sums(self, sums):
        return _soft_iou(sums, self.classes)


class IouGapLoss(_Loss):
    """1/4 cross entropy in which each class is weighted by 1 - IoU in the batch, plus 3/4 soft IoU (docs/loss-search.md, form D).

    smoothing, momentum and floor are as for RecallLoss.
    """

    regions = True

    def __init__(self, num_classes, ignore_index=IGNORED, smoothing="published", momentum=0.0, floor=0.0, align_corners=False, process_group=None):
        super().__init__(num_classes, ignore_index, align_corners, process_group)
        self.error_rates = _ErrorRates("iou", num_classes, smoothing, momentum, floor)

    def of_sums(self, sums):
        return 0.25 * _weighted_mean(sums, self.error_rates(sums), by_weights=True) + 0.75 * _soft_iou(sums, "present")
