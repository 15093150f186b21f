"""torch.compile takes network and loss as one graph, and an example trains."""
import pathlib
import subprocess
import sys

import numpy
import pytest
import torch
from conftest import batch, difference
from PIL import Image
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from segtrain import losses

CLASSES = 5
EXAMPLE = pathlib.Path(__file__).resolve().parent.parent.parent / "examples/pytorch/train.py"
MAKE = [
    lambda: losses.WeightedCrossEntropy(CLASSES, ignore_index=-100),
    lambda: losses.RecallLoss(CLASSES, momentum=0.9),
    lambda: losses.SoftIoULoss(CLASSES),
    lambda: losses.IouGapLoss(CLASSES),
]


@pytest.mark.parametrize("make", MAKE)
@pytest.mark.parametrize("autocast", [False, True])
def test_compiles_as_one_graph(make, autocast):
    torch.compiler.reset()
    torch.manual_seed(1)
    network = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, CLASSES, 1))

    def step(loss, images, labels):
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            logits = network(images)
        return loss(logits, labels)

    eager, traced = make(), make()
    compiled = torch.compile(lambda images, labels: step(traced, images, labels), fullgraph=True)
    for images, size in ((2, (24, 32)), (3, (28, 36))):  # the second compiles for batches of any size
        _, labels = batch(CLASSES, images=images, size=size, ignore_index=eager.ignore_index)
        pixels = torch.randn((images, 3, size[0] // 4, size[1] // 4))
        results = []
        for function in (lambda x, y: step(eager, x, y), compiled):
            network.zero_grad()
            value = function(pixels, labels)
            value.backward()
            results.append((value.detach(), network[0].weight.grad.clone()))
        assert difference(results[1][0], results[0][0]) < (1e-2 if autocast else 1e-5)
        assert difference(results[1][1], results[0][1]) < (5e-2 if autocast else 1e-4)
    for key, tensor in eager.state_dict().items():
        assert torch.allclose(traced.state_dict()[key], tensor, atol=1e-2 if autocast else 1e-6), key


def test_the_operators_pass_pytorchs_checks():
    logits, labels = batch(CLASSES)
    labels = labels.to(torch.uint8)
    for regions in (False, True):
        torch.library.opcheck(torch.ops.seg.class_sums.default, (logits.clone().requires_grad_(), labels, False, regions))
        gradients = [torch.ones(CLASSES if wanted else 0, dtype=torch.float64) for wanted in (True, regions, regions)]
        arguments = (gradients, logits, labels, torch.empty(0), False)
        torch.library.opcheck(torch.ops.seg.class_sums_backward.default, arguments, test_utils=("test_schema", "test_faketensor"))


def test_on_a_gpu_backward_needs_a_float_for_each_pixel():
    with FakeTensorMode():
        logits, labels = torch.empty((2, 5, 4, 6), device="cuda"), torch.empty((2, 16, 24), dtype=torch.uint8, device="cuda")
        sums = torch.ops.seg.class_sums(logits, labels, False, False)
    assert sums[-1].shape == labels.shape and sums[-1].dtype == torch.float32


@pytest.mark.parametrize("loss", ["ce", "recall", "iou_gap"])
def test_the_example_trains(loss, tmp_path):
    images, labels = tmp_path / "images", tmp_path / "labels"
    for folder, shape, bound in ((images, (40, 56, 3), 256), (labels, (40, 56), 3)):
        folder.mkdir()
        for index in range(3):
            array = numpy.random.default_rng(index).integers(0, bound, shape, dtype=numpy.uint8)
            Image.fromarray(array).save(folder / f"{index}.png")
    options = ["--classes", "3", "--loss", loss, "--size", "40", "56", "--batch", "2", "--steps", "3"]
    done = subprocess.run([sys.executable, EXAMPLE, images, labels, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["step 1", "step 2", "step 3"]
