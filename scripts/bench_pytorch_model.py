"""DeepLabV3+ with a ResNet of basic blocks or EfficientNet-Lite0 in plain PyTorch, its losses, and a reader for segtrain's weights.

The network has the same layers as in src/models (names, dilations, dropout, logits at stride 4), so a checkpoint of one loads strictly into
the other. The losses are those of src/losses: cross entropy, and recall loss (Tian et al., arXiv 2106.14917) with published smoothing.
"""
import json
import struct

import torch
import torch.nn.functional as F
from torch import nn

from bench_pytorch_efficientnet import EfficientNetLite0

IGNORED = 255
PYRAMID = 256  # channels of the atrous pyramid
BLOCKS = {"resnet18": (2, 2, 2, 2), "resnet34": (3, 4, 6, 3)}
BACKBONES = (*BLOCKS, "efficientnet_lite0")


def conv3x3(inputs, outputs, stride=1, dilation=1):
    return nn.Conv2d(inputs, outputs, 3, stride, dilation, dilation, bias=False)


def conv1x1(inputs, outputs, stride=1):
    return nn.Conv2d(inputs, outputs, 1, stride, bias=False)


class WordDropout(nn.Module):
    """nn.Dropout with four mask elements per 64-bit random number. PyTorch without MKL, as Debian builds it, draws one number per element on one
    thread, which takes a fifth of a training step."""

    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        if not self.training or self.p == 0:
            return x
        words = torch.empty((x.numel() + 3) // 4, dtype=torch.int64).random_(-(2**63), None)
        dropped = round(self.p * 65536)
        kept = words.view(torch.int16)[: x.numel()] >= dropped - 32768
        # In the memory layout of x, so that the product reads both in order.
        return x * kept.as_strided(x.shape, x.stride()).to(x.dtype).mul_(65536 / (65536 - dropped))


class Block(nn.Module):
    """relu(x + two 3x3 convolutions of x); x is projected if the shape changes."""

    def __init__(self, inputs, outputs, stride, first_dilation, dilation):
        super().__init__()
        self.conv1 = conv3x3(inputs, outputs, stride, first_dilation)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = conv3x3(outputs, outputs, 1, dilation)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        changes = stride != 1 or inputs != outputs
        self.downsample = nn.Sequential(conv1x1(inputs, outputs, stride), nn.BatchNorm2d(outputs)) if changes else nn.Identity()

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return self.relu(y + self.downsample(x))


class ResNet(nn.Module):
    """[N,3,H,W] -> features at stride 4 (64 channels) and at the output stride (512 channels)."""

    low_channels, high_channels = 64, 512

    def __init__(self, blocks, output_stride):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        inputs, reached, dilation = 64, 4, 1
        for stage, count in enumerate(blocks):
            width, reduction = 64 << stage, 1 if stage == 0 else 2
            before = dilation
            # Beyond the output stride, a stage keeps its resolution and dilates instead. Its first convolution has the dilation of the stage before.
            stride = reduction if reached * reduction <= output_stride else 1
            if stride == reduction:
                reached *= reduction
            else:
                dilation *= reduction
            first = Block(inputs, width, stride, before, dilation)
            others = [Block(width, width, 1, dilation, dilation) for _ in range(count - 1)]
            setattr(self, f"layer{stage + 1}", nn.Sequential(first, *others))
            inputs = width

    def forward(self, x):
        low = self.layer1(self.maxpool(self.relu(self.bn1(self.conv1(x)))))
        return low, self.layer4(self.layer3(self.layer2(low)))


class Branch(nn.Module):
    def __init__(self, inputs, dilation):
        super().__init__()
        self.atrous_conv = conv1x1(inputs, PYRAMID) if dilation == 1 else conv3x3(inputs, PYRAMID, 1, dilation)
        self.bn = nn.BatchNorm2d(PYRAMID)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.relu(self.bn(self.atrous_conv(x)))


class Aspp(nn.Module):
    def __init__(self, inputs, output_stride, dropout):
        super().__init__()
        scale = 16 // output_stride
        self.aspp1 = Branch(inputs, 1)
        self.aspp2 = Branch(inputs, 6 * scale)
        self.aspp3 = Branch(inputs, 12 * scale)
        self.aspp4 = Branch(inputs, 18 * scale)
        self.global_avg_pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), conv1x1(inputs, PYRAMID), nn.BatchNorm2d(PYRAMID), nn.ReLU(inplace=True))
        self.conv1 = conv1x1(5 * PYRAMID, PYRAMID)
        self.bn1 = nn.BatchNorm2d(PYRAMID)
        self.relu = nn.ReLU(inplace=True)
        self.dropout = dropout

    def forward(self, x):
        scales = [self.aspp1(x), self.aspp2(x), self.aspp3(x), self.aspp4(x)]
        # Up-sampling one pixel repeats it. add() gives the result the memory layout of the others, so that cat() stays fast.
        mean = torch.zeros_like(scales[0]) + self.global_avg_pool(x)
        return self.dropout(self.relu(self.bn1(self.conv1(torch.cat([*scales, mean], 1)))))


class Decoder(nn.Module):
    def __init__(self, low_channels, classes, dropouts, align_corners):
        super().__init__()
        self.align_corners = align_corners
        self.conv1 = conv1x1(low_channels, 48)
        self.bn1 = nn.BatchNorm2d(48)
        self.relu = nn.ReLU(inplace=True)
        self.last_conv = nn.Sequential(
            conv3x3(PYRAMID + 48, 256), nn.BatchNorm2d(256), nn.ReLU(inplace=True), dropouts[0],
            conv3x3(256, 256), nn.BatchNorm2d(256), nn.ReLU(inplace=True), dropouts[1],
            nn.Conv2d(256, classes, 1))  # fmt: skip

    def forward(self, low, pyramid):
        low = self.relu(self.bn1(self.conv1(low)))
        # CPU autocast would interpolate and concatenate in float32; GPU autocast would not.
        with torch.autocast("cpu", enabled=False):
            pyramid = F.interpolate(pyramid, size=low.shape[2:], mode="bilinear", align_corners=self.align_corners)
        return self.last_conv(torch.cat([pyramid, low], 1))


class DeepLabV3Plus(nn.Module):
    """float [N,3,H,W] -> logits [N,classes,ceil(H/4),ceil(W/4)]"""

    def __init__(self, classes, backbone="resnet18", output_stride=16, align_corners=False, dropout=0.5, dropout_layer=nn.Dropout):
        super().__init__()
        self.backbone = ResNet(BLOCKS[backbone], output_stride) if backbone in BLOCKS else EfficientNetLite0(output_stride)
        self.aspp = Aspp(self.backbone.high_channels, output_stride, dropout_layer(dropout))
        self.decoder = Decoder(self.backbone.low_channels, classes, (dropout_layer(dropout), dropout_layer(min(dropout, 0.1))), align_corners)
        for name, module in self.named_modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out" if name.startswith("backbone") else "fan_in", nonlinearity="relu")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, images):
        low, high = self.backbone(images)
        return self.decoder(low, self.aspp(high))


def folded(model, dtype, memory_format):
    """For evaluation: folds batch norm into the convolutions, and converts the weights once, so that no call converts them."""
    from torch.fx.experimental.optimization import fuse

    return fuse(model).to(dtype).to(memory_format=memory_format)


def upsample(logits, labels, align_corners):
    """Logits in float32 at the size of the labels. Contiguous: with channels-last memory, a soft-max over classes would copy them at full size."""
    return F.interpolate(logits.float().contiguous(), size=labels.shape[1:], mode="bilinear", align_corners=align_corners)


def cross_entropy(scores, labels):
    """scores float [N,K,H,W], labels int64 [N,H,W] -> the mean over valid pixels."""
    return F.cross_entropy(scores, labels, ignore_index=IGNORED)


def recall_loss_from_unique(scores, labels):
    """sum_n w_{y_n} CE_n / valid pixels, w_c = max(FN_c, 1) / max(GT_c, 1), counted with torch.unique as scripts mostly do."""
    valid = labels != IGNORED
    missed = (scores.argmax(1) != labels) & valid
    pixels = torch.ones(scores.shape[1], device=scores.device)
    false_negatives = torch.ones_like(pixels)
    for counts, mask in ((pixels, valid), (false_negatives, missed)):
        present, count = torch.unique(labels[mask], return_counts=True)
        counts[present] = count.float()
    weights = false_negatives / pixels
    pixel_loss = F.cross_entropy(scores, labels, reduction="none", ignore_index=IGNORED)
    pixel_weight = weights[labels.masked_fill(~valid, 0)]
    return (pixel_weight * pixel_loss).sum() / valid.sum()


# Counts how often each of 0 .. bins - 1 occurs in an int64 tensor, which may also hold larger numbers.
COUNTS = {
    "bincount": lambda numbers, bins: torch.bincount(numbers.flatten(), minlength=bins)[:bins],
    "histc": lambda numbers, bins: torch.histc(numbers.float(), bins, 0, bins),
    "compare": lambda numbers, bins: torch.stack([(numbers == number).sum() for number in range(bins)]),
}


def recall_loss_from_counts(scores, labels, count=COUNTS["bincount"]):
    """The same value from one joint count; PyTorch's own cross entropy takes the weights."""
    classes = scores.shape[1]
    with torch.no_grad():
        hit = scores.argmax(1).eq_(labels)
        # Two bins per class, missed and hit. Ignored pixels are beyond the last bin.
        bins = count(labels * 2 + hit, 2 * classes).view(classes, 2)
        pixels = bins.sum(1)
        weights = bins[:, 0].clamp(min=1) / pixels.clamp(min=1)
    return F.cross_entropy(scores, labels, weight=weights.float(), ignore_index=IGNORED, reduction="sum") / pixels.sum()


LOSSES = {
    ("ce", "plain"): cross_entropy,
    ("ce", "tuned"): cross_entropy,
    ("recall", "plain"): recall_loss_from_unique,
    ("recall", "tuned"): recall_loss_from_counts,
}


def read_safetensors(path):
    """{name: tensor} and the metadata of a file: 8 bytes header length, JSON header, data. BF16 is not supported."""
    import numpy as np  # random data does not need it

    types = {"F64": np.float64, "F32": np.float32, "I64": np.int64, "I32": np.int32, "U8": np.uint8}
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = np.frombuffer(data[begin:end], types[entry["dtype"]]).reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.copy())
    return tensors, metadata


def load_model(model, tensors):
    """Strictly: every name and shape must agree. If a checkpoint has averaged weights, these are loaded, since evaluation uses them."""
    prefix = "ema." if any(name.startswith("ema.") for name in tensors) else "model."
    model.load_state_dict({name[len(prefix):]: value for name, value in tensors.items() if name.startswith(prefix)}, strict=True)
