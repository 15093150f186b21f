"""Facts about the machine for bench_pytorch.py and bench_predict.py: processor and GPU, and the memory of this process in bytes."""
import contextlib
import os
import platform
import resource

VARIABLES = ("ONEDNN_MAX_CPU_ISA", "ATEN_CPU_CAPABILITY", "OMP_NUM_THREADS", "OMP_PROC_BIND", "GOMP_CPU_AFFINITY", "LD_PRELOAD")


def processor_line(*names):
    """The value of the first of these names in /proc/cpuinfo."""
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        for line in file:
            name, _, value = line.partition(":")
            if name.strip() in names:
                return value.strip()
    return ""


def processor():
    return processor_line("model name") or platform.machine()


def multiplies_bf16(device):
    """If not, bfloat16 is slower than float32. On the CPU, segtrain's train.precision: auto makes the same test."""
    if device == "cuda":
        import torch  # some engines of bench_predict.py do not use it

        return torch.cuda.get_device_capability()[0] >= 8  # from Ampere on; PyTorch's own test counts emulation too
    return not {"avx512_bf16", "amx_bf16", "bf16"}.isdisjoint(processor_line("flags", "Features").split())


def environment():
    """The variables that change the speed of both programs."""
    return {name: os.environ[name] for name in VARIABLES if name in os.environ}


def resident_bytes():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def peak_bytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def largest_child_bytes():
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


def forget_peak():
    """Resets peak_bytes(), if the kernel allows it."""
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


def gpu():
    """Facts about the GPU, and its peak memory since timed() reset it. The memory of a CUDA graph (max-autotune makes them) is reserved, but is
    not counted as allocated when the graph runs again. So compare variants by reserved memory."""
    import torch

    return {"gpu": torch.cuda.get_device_name(), "cuda": torch.version.cuda, "cudnn": torch.backends.cudnn.version(),
            "tf32": {"convolutions": torch.backends.cudnn.allow_tf32, "products": torch.backends.cuda.matmul.allow_tf32},
            "gpu_peak_allocated_bytes": torch.cuda.max_memory_allocated(), "gpu_peak_reserved_bytes": torch.cuda.max_memory_reserved()}
