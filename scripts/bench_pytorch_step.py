"""The steps that scripts/bench_pytorch.py times (training, or only the loss), built from its options, and their timing."""
import contextlib
import ctypes
import functools
import pathlib
import time

import torch
from torch import nn

import bench_pytorch_common as common
import bench_pytorch_data as data
import bench_pytorch_model as network

# The --mode and --engine of each --variant.
VARIANTS = {"plain": ("plain", "eager"), "tuned": ("tuned", "eager"), "compile": ("tuned", "compile"), "compile-max": ("tuned", "compile-max")}
# Suffix of an engine's name on the CPU: tensors and weights in LibTorch's default memory format instead of channels-last.
CONTIGUOUS = "-contiguous"
COMPILER_MODES = {"compile": "default", "compile-max": "max-autotune"}  # the mode of torch.compile, for each engine that compiles
SETTLING_STEPS = 2


def timed(step, warmup, steps, device="cpu"):
    """Seconds of each of `steps` calls after the warm-up. On a GPU: from the end of one step to the end of the next, without waiting between
    steps."""
    for _ in range(warmup):
        step()
    if device == "cuda":
        return timed_by_events(step, steps)
    seconds = []
    for _ in range(steps):
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    return seconds


def timed_by_events(step, steps):
    # Free the memory in which kernels were tried and compiled, so that the peaks are those of a step.
    torch.cuda.synchronize()
    torch.cuda.empty_cache()
    for _ in range(SETTLING_STEPS):
        step()
    torch.cuda.reset_peak_memory_stats()
    events = [torch.cuda.Event(enable_timing=True) for _ in range(steps + 1)]
    events[0].record()
    for event in events[1:]:
        step()
        event.record()
    torch.cuda.synchronize()
    return [start.elapsed_time(end) / 1000 for start, end in zip(events, events[1:])]


def first_call(step, args, engine):
    """Seconds of the first call, which includes compilation. If that fails, the program ends."""
    start = time.perf_counter()
    try:
        step()
    except Exception as error:  # a compiler may throw anything
        if engine not in COMPILER_MODES:
            raise
        common.refuse(f"{engine} does not run with PyTorch {torch.__version__} on {args.device}: {common.in_short(error)}")
    if args.device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def memory_format(tuned, engine):
    return torch.channels_last if tuned and not engine.endswith(CONTIGUOUS) else torch.contiguous_format


def compiled(function, engine):
    """The function itself, or compiled if the engine compiles."""
    engine = engine.removesuffix(CONTIGUOUS)
    if engine not in COMPILER_MODES:
        return function
    if not hasattr(torch, "compile"):
        common.refuse(f"{engine} needs PyTorch 2.0 or newer, but this is {torch.__version__}")
    # Kernels compiled by PyTorch 2.6 call LibTorch but do not link it. They load only if LibTorch is loaded globally.
    with contextlib.suppress(OSError):
        ctypes.CDLL(str(pathlib.Path(torch.__file__).parent / "lib" / "libtorch_cpu.so"), ctypes.RTLD_GLOBAL)
    try:
        return torch.compile(function, mode=COMPILER_MODES[engine])
    except RuntimeError as error:  # Python is too new for it
        common.refuse(f"{engine} does not run with PyTorch {torch.__version__}: {common.in_short(error)}")


class Normalize(nn.Module):
    """u8 [N,H,W,3] -> float32 [N,3,H,W] in a memory format. A module, so that its constants are moved to the device once."""

    def __init__(self, format):
        super().__init__()
        self.format = format
        self.register_buffer("mean", torch.tensor(data.MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(data.STD).view(1, 3, 1, 1))

    def forward(self, images):
        return images.permute(0, 3, 1, 2).contiguous(memory_format=self.format).float().sub_(self.mean).div_(self.std)


def counting(args, engine):
    """bincount waits for the GPU to get its size, and ends a compiled graph. Comparisons become one pass, but only if they are compiled."""
    if args.counting != "auto":
        return args.counting
    if engine.removesuffix(CONTIGUOUS) in COMPILER_MODES:
        return "compare"
    return "histc" if args.device == "cuda" else "bincount"


def loss_of_logits(args, engine):
    """Returns a function from low-resolution logits and u8 labels to the loss."""
    function = network.LOSSES[args.loss, args.mode]
    if function is network.recall_loss_from_counts:
        function = functools.partial(function, count=network.COUNTS[counting(args, engine)])

    def loss(logits, labels):
        labels = labels.long()
        return function(network.upsample(logits, labels, args.align_corners), labels)

    return loss


def adam(parameters, tuned):
    if not tuned:
        return torch.optim.Adam(parameters, lr=1e-3)
    parameters = list(parameters)
    try:
        return torch.optim.Adam(parameters, lr=1e-3, fused=True)
    except RuntimeError:  # early versions have it only for GPUs
        return torch.optim.Adam(parameters, lr=1e-3, foreach=True)


class Training:
    """One optimiser step per call. A batch that is not on the device yet is copied there."""

    def __init__(self, args, classes, engine):
        torch.manual_seed(0)
        self.args, self.tuned = args, args.mode == "tuned"
        # MKL and GPUs draw the random numbers of dropout fast, so they do not need our layer.
        slow = args.device == "cpu" and not torch.backends.mkl.is_available()
        layer = network.WordDropout if self.tuned and slow else nn.Dropout
        self.model = network.DeepLabV3Plus(classes, args.backbone, align_corners=args.align_corners, dropout=args.dropout, dropout_layer=layer)
        format = memory_format(self.tuned, engine)
        self.model = self.model.train().to(args.device).to(memory_format=format)
        self.normalize = Normalize(format).to(args.device)
        self.optimizer = adam(self.model.parameters(), self.tuned)
        self.loss = loss_of_logits(args, engine)
        self.forward = compiled(self.loss_of_batch, engine)

    def loss_of_batch(self, images, labels):
        with torch.autocast(self.args.device, torch.bfloat16, enabled=self.args.bf16):
            logits = self.model(self.normalize(images))
        return self.loss(logits, labels)

    def step(self, images, labels):
        images, labels = (tensor.to(self.args.device, non_blocking=self.tuned) for tensor in (images, labels))
        if self.tuned:
            self.optimizer.zero_grad(set_to_none=True)
        else:
            self.optimizer.zero_grad()
        loss = self.forward(images, labels)
        loss.backward()
        self.optimizer.step()
        if not self.tuned:
            loss.item()  # as most scripts do for their log, although a GPU then runs out of work

    def adam(self):
        return next((kind for kind in ("fused", "foreach") if self.optimizer.defaults.get(kind)), "default")


class Loss:
    """Per call: up-sampling, loss and gradient of random logits that are on the device."""

    def __init__(self, args, engine):
        torch.manual_seed(0)
        dtype = torch.bfloat16 if args.bf16 else torch.float32
        self.logits = torch.randn(args.shape).to(args.device, dtype).requires_grad_()
        _, labels = data.random_batch(args.shape[0], args.size, args.shape[1])
        self.labels = labels.to(args.device)
        self.forward = compiled(loss_of_logits(args, engine), engine)

    def step(self):
        self.logits.grad = None
        self.forward(self.logits, self.labels).backward()
