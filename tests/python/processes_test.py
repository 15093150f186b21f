"""The losses in several processes under DistributedDataParallel equal those of one process with the whole batch."""
import os
import socket

import pytest
import torch
from conftest import batch, difference
from torch import nn

from segtrain import losses

CLASSES, IMAGES = 4, 6
KINDS = {
    "ce": lambda: losses.WeightedCrossEntropy(CLASSES),
    "recall": lambda: losses.RecallLoss(CLASSES, momentum=0.5),
    "soft_iou": lambda: losses.SoftIoULoss(CLASSES),
    "iou_gap": lambda: losses.IouGapLoss(CLASSES),
}


def network():
    torch.manual_seed(1)
    return nn.Conv2d(3, CLASSES, 3, padding=1)


def data():
    """Images and labels; the classes differ from image to image, and the last image has no labels."""
    images = torch.randn((IMAGES, 3, 6, 8), generator=torch.Generator().manual_seed(2))
    _, labels = batch(CLASSES, images=IMAGES, size=(24, 32))
    for index in range(IMAGES):
        labels[index][labels[index] == index % CLASSES] = 255
    labels[-1] = 255
    return images, labels


def step(model, loss, images, labels):
    value = loss(model(images), labels)
    value.backward()
    return value.detach()


def one_process(rank, world_size, port, results):
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", rank=rank, world_size=world_size)
    images, labels = (tensor.chunk(world_size)[rank] for tensor in data())
    for name, make in KINDS.items():
        model, loss = nn.parallel.DistributedDataParallel(network()), make()
        value = step(model, loss, images, labels)
        torch.distributed.all_reduce(value)
        with torch.no_grad():  # of the own part, without waiting for the others
            own = loss(model.module(images), labels) if rank == 0 else None
        if rank == 0:
            results[name] = (value / world_size, model.module.weight.grad, own, loss.state_dict())
    torch.distributed.destroy_process_group()


@pytest.mark.parametrize("world_size", [2, 3])
def test_equals_one_process(world_size):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with torch.multiprocessing.Manager() as manager:
        results = manager.dict()
        torch.multiprocessing.spawn(one_process, (world_size, port, results), nprocs=world_size)
        results = dict(results)
    for name, make in KINDS.items():
        model, loss = network(), make()
        expected = step(model, loss, *data())
        value, gradient, own, state = results[name]
        assert difference(value, expected) < 1e-6, name
        assert difference(gradient, model.weight.grad) < 1e-5, name
        assert difference(own, expected) > 1e-3, name
        for key, tensor in loss.state_dict().items():
            assert torch.allclose(state[key], tensor), (name, key)
