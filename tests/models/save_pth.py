"""Writes PyTorch files into a folder for tests/models/python_test.cpp: save_pth.py FOLDER [deeplabv3]"""
import collections
import pathlib
import sys

import torch


def tensors():
    """Every dtype and layout that the test knows, by a formula it repeats."""
    count = torch.arange(120)
    storage = count.float()
    return collections.OrderedDict(
        plain=count.reshape(2, 3, 4, 5).float(), scalar=torch.tensor(7), half=count.half(), brain=count.bfloat16(), double=count.double(),
        byte=count.to(torch.uint8), boolean=count % 2 == 0, empty=torch.empty(0, 3), view=storage[20:30], transposed=storage.reshape(10, 12).t(),
        channels_last=count.reshape(2, 3, 4, 5).float().contiguous(memory_format=torch.channels_last),
        strided=count.float().reshape(10, 12)[1::3, 2:9:2], parameter=torch.nn.Parameter(count.float()))


def main():
    folder = pathlib.Path(sys.argv[1])
    if sys.argv[2:] == ["deeplabv3"]:
        import torchvision
        torch.manual_seed(1)
        network = torchvision.models.segmentation.deeplabv3_resnet50(weights=None, weights_backbone=None, num_classes=4, aux_loss=True)
        torch.save(network.state_dict(), folder / "deeplabv3.pth")
        image = torch.randn(1, 3, 64, 96)
        with torch.inference_mode():
            logits = network.eval()(image)["out"]
        torch.save({"input": image, "logits": logits}, folder / "logits.pth")
        return
    torch.save(tensors(), folder / "tensors.pth")
    network = torch.nn.Sequential(collections.OrderedDict(conv=torch.nn.Conv2d(2, 3, 1), norm=torch.nn.BatchNorm2d(3)))
    optimizer = torch.optim.Adam(network.parameters())
    network(torch.ones(1, 2, 4, 4)).sum().backward()
    optimizer.step()
    checkpoint = {"epoch": 3, "best": 0.5, "state_dict": network.state_dict(), "optimizer": optimizer.state_dict()}
    torch.save(checkpoint, folder / "checkpoint.pth")
    torch.save(checkpoint, folder / "legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(network, folder / "code.pth")


main()
