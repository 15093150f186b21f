"""EfficientNet-Lite0 in plain PyTorch, layer for layer that of src/models/backbones/efficientnet_lite.hpp, under the same names."""
import math

import torch.nn.functional as F
from torch import nn

STEM = 32
# Blocks, kernel and stride of the depthwise convolution, expansion, channels.
STAGES = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320))
LOW_STAGE = 1  # the last one at stride 4


class SameConv(nn.Conv2d):
    """Padded so that the output has ceil(size / stride) pixels, an odd one at the far side. Equal sides are left to the convolution, which is faster."""

    def forward(self, x):
        sides = []
        for size, kernel, stride, dilation in zip(x.shape[:1:-1], self.kernel_size, self.stride, self.dilation):
            total = max((math.ceil(size / stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
            sides += [total // 2, total - total // 2]
        equal = sides[0] == sides[1] and sides[2] == sides[3]
        padding = (sides[2], sides[0]) if equal else 0
        x = x if equal else F.pad(x, sides)
        return F.conv2d(x, self.weight, None, self.stride, padding, self.dilation, self.groups)


def norm(channels):
    return nn.BatchNorm2d(channels, eps=1e-3)


class InvertedResidual(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride, dilation, expansion, adds):
        super().__init__()
        between = inputs * expansion
        self.expands, self.adds = expansion != 1, adds
        if self.expands:
            self._expand_conv, self._bn0 = nn.Conv2d(inputs, between, 1, bias=False), norm(between)
        self._depthwise_conv = SameConv(between, between, kernel, stride, dilation=dilation, groups=between, bias=False)
        self._bn1 = norm(between)
        self._project_conv, self._bn2 = nn.Conv2d(between, outputs, 1, bias=False), norm(outputs)
        self.relu6 = nn.ReLU6(inplace=True)

    def forward(self, x):
        y = self.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        y = self._bn2(self._project_conv(self.relu6(self._bn1(self._depthwise_conv(y)))))
        return y + x if self.adds else y


class EfficientNetLite0(nn.Module):
    """[N,3,H,W] -> features at stride 4 (24 channels) and at the output stride (320 channels)."""

    low_channels, high_channels = 24, 320

    def __init__(self, output_stride):
        super().__init__()
        self._conv_stem, self._bn0 = SameConv(3, STEM, 3, 2, bias=False), norm(STEM)
        self._blocks = nn.ModuleList()
        inputs, reached, dilation = STEM, 2, 1
        for stage, (count, kernel, reduction, expansion, outputs) in enumerate(STAGES):
            strided = reached * reduction <= output_stride
            reached *= reduction if strided else 1
            for i in range(count):
                adds = inputs == outputs and (i > 0 or reduction == 1)
                stride = reduction if i == 0 and strided else 1
                self._blocks.append(InvertedResidual(inputs, outputs, kernel, stride, dilation, expansion, adds))
                dilation *= reduction if i == 0 and not strided else 1
                inputs = outputs
            if stage == LOW_STAGE:
                self.low_end = len(self._blocks)
        self.relu6 = nn.ReLU6(inplace=True)

    def forward(self, x):
        x = self.relu6(self._bn0(self._conv_stem(x)))
        for block in self._blocks[: self.low_end]:
            x = block(x)
        low = x
        for block in self._blocks[self.low_end :]:
            x = block(x)
        return low, x
