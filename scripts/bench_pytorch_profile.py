"""Writes the file of `scripts/bench_pytorch.py --profile FILE`: the heaviest kernels of a step, like `segbench train --profile FILE`."""
import torch
from torch.profiler import ProfilerActivity

import bench_pytorch_common as common

STEPS = 5
SHOWN = 25
LONGEST_NAME = 160


def seconds_and_calls(profile, device):
    """On a GPU: of each kernel, copy or fill. On the CPU: of each operator, without the operators that it calls."""
    if device == "cpu":
        return {entry.key: (entry.self_cpu_time_total / 1e6, entry.count) for entry in profile.key_averages()}
    found = {}
    for event in profile.events():
        if event.device_type == torch.autograd.DeviceType.CUDA:
            seconds, calls = found.get(event.name, (0.0, 0))
            found[event.name] = (seconds + event.time_range.elapsed_us() / 1e6, calls + 1)
    return found


def write(path, title, step, device):
    """Profiles some calls of `step`. If the engine records a CUDA graph, the graph runs as usual and its kernels are seen."""
    step()
    activity = ProfilerActivity.CUDA if device == "cuda" else ProfilerActivity.CPU
    with torch.profiler.profile(activities=[activity]) as profile:
        for _ in range(STEPS):
            step()
        if device == "cuda":
            torch.cuda.synchronize()
    found = seconds_and_calls(profile, device)
    if not found:
        common.refuse(f"--profile: the profiler of PyTorch {torch.__version__} sees nothing on {device}")
    total = sum(seconds for seconds, _ in found.values())
    heaviest = sorted(found.items(), key=lambda entry: -entry[1][0])[:SHOWN]
    with open(path, "w", encoding="utf-8") as file:
        print(f"{title}: {total / STEPS * 1e3:.3f} ms a step, over {STEPS} steps\n  ms a step  share  calls a step  name", file=file)
        for name, (seconds, calls) in heaviest:
            print(f"{seconds / STEPS * 1e3:11.4f} {100 * seconds / total:5.1f}% {calls / STEPS:13.1f}  {name[:LONGEST_NAME]}", file=file)
