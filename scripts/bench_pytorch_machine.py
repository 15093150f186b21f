"""What scripts/bench_pytorch.py needs to know of the machine: its processor, and the memory of this process, in bytes."""
import contextlib
import os
import platform
import resource

VARIABLES = ("ONEDNN_MAX_CPU_ISA", "ATEN_CPU_CAPABILITY", "OMP_NUM_THREADS", "OMP_PROC_BIND", "GOMP_CPU_AFFINITY", "LD_PRELOAD")


def processor_line(*names):
    """What /proc/cpuinfo says of the first processor under one of these names."""
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        for line in file:
            name, _, value = line.partition(":")
            if name.strip() in names:
                return value.strip()
    return ""


def processor():
    return processor_line("model name") or platform.machine()


def multiplies_bf16():
    """Where it does not, bfloat16 is slower than float32. The same test as segtrain's train.precision: auto."""
    return not {"avx512_bf16", "amx_bf16", "bf16"}.isdisjoint(processor_line("flags", "Features").split())


def environment():
    """The variables that change how fast both programs are."""
    return {name: os.environ[name] for name in VARIABLES if name in os.environ}


def resident_bytes():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def peak_bytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def largest_child_bytes():
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


def forget_peak():
    """Starts peak_bytes() anew, where the kernel lets us."""
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")
