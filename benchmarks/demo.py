"""The main job on this machine: ``ModelNew(1)`` against torch.argmax and the read floor."""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))  # for "python benchmarks/demo.py"

from benchmarks.floor import FloorUnavailableError, cpu_model, floor_variants
from benchmarks.timing import Timer
from benchmarks.workloads import max_bytes
from torch_argmax import ModelNew, explain

_SAMPLES = 10


def main() -> int:
    """Print the comparison; returns 1 if the indices differ, else 0."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    shape = _largest(device)
    x = torch.randn(shape, device=device)
    model = ModelNew(1)
    indices = model(x)
    equal = torch.equal(indices, torch.argmax(x, 1))

    calls = {"torch_argmax": lambda: model(x), "torch.argmax": lambda: torch.argmax(x, 1)}
    timer = Timer(device)
    try:
        floors = timer.fastest(floor_variants(x, indices.numel()))
    except FloorUnavailableError as error:
        print(f"read floor not available: {error}")
        floors = {}
    calls |= floors
    estimates = {name: timer.warm_up(call) for name, call in calls.items()}
    times = {name: t.p50 for name, t in timer.measure(calls, estimates, _SAMPLES).items()}
    ours = times["torch_argmax"]

    name = torch.cuda.get_device_name(device) if device.type == "cuda" else cpu_model()
    print(f"device        {name}, torch {torch.__version__}")
    print(f"problem       argmax over dimension 1 of {shape}, float32, {x.nbytes / 1e9:.2f} GB")
    print(f"plan          {explain(x, 1)!r}")
    print(f"torch_argmax  {ours:12.1f} us")
    print(f"torch.argmax  {times['torch.argmax']:12.1f} us, {times['torch.argmax'] / ours:.2f} x")
    if floors:
        floor = min(times[name] for name in floors)
        print(f"read floor    {floor:12.1f} us, {floor / ours:.1%} of it reached")
    print("indices       " + ("equal" if equal else "DIFFERENT"))
    return 0 if equal else 1


def _largest(device: torch.device) -> tuple[int, int, int]:
    """Shape of the problem, cut to what the device takes."""
    if device.type == "cpu":
        return 16, 512, 4095
    outer = 128
    while outer > 1 and outer * 4096 * 4095 * 4 > max_bytes(device):
        outer //= 2
    return outer, 4096, 4095


if __name__ == "__main__":
    sys.exit(main())
