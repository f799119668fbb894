"""Measure torch_argmax and its peers on this machine: ``python -m benchmarks.run --help``.

argmax reads every byte of its input once and writes eight bytes a result. So each case is measured
beside its floor: the fastest of many kernels that do only that (``floor.cu``, ``floor.cpp``).
``time / floor`` is the figure that counts; it holds across devices and days better than times do.

In each case the result is checked against torch first. A few samples tell which floor kernels may
be the fastest. Then all providers and those are timed in turns, one sample each (``timing.py``);
reported are the median and two other percentiles. Host overhead is the time that one call on a tiny
input keeps the host busy, in batches.

The rows of the CSV are written as they are measured: a run cut off leaves what it had. A provider
that refuses a case, fails or takes seconds has no row; the reason is printed.
"""

import argparse
import csv
import os
import re
import subprocess
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TextIO

import torch
from torch import Tensor

import torch_argmax
from benchmarks.floor import FloorUnavailableError, cpu_model, floor_variants
from benchmarks.providers import PROVIDERS
from benchmarks.timing import Call, Timer, Times
from benchmarks.workloads import Case, cases, max_bytes, sweep

_HERE = Path(__file__).parent
_OVERHEAD = "host_overhead"
_OVERHEAD_SHAPES = ((4,), (32, 128))


@dataclass(frozen=True)
class Setting:
    """What is the same in all rows of a run."""

    date: str
    commit: str
    device: str
    torch: str
    cuda: str | None
    threads: int

    @classmethod
    def here(cls, device: torch.device) -> "Setting":
        """This tree, on a device of this machine, now."""
        is_cuda = device.type == "cuda"
        return cls(
            date=datetime.now().isoformat(timespec="seconds"),
            commit=_commit(),
            device=torch.cuda.get_device_name(device) if is_cuda else cpu_model(),
            torch=torch.__version__,
            cuda=torch.version.cuda if is_cuda else None,
            threads=torch.get_num_threads(),
        )

    def file(self, suffix: str = "") -> Path:
        """The day's CSV file of the device, in ``results/``."""
        slug = re.sub(r"[^a-z0-9]+", "-", self.device.lower()).strip("-")
        name = f"{slug}_torch{self.torch}_{self.date[:10]}{suffix}.csv"
        return _HERE / "results" / name


@dataclass(frozen=True)
class CaseRow:
    """A case, and who ran it: how a row of any table begins."""

    workload: str
    op: str
    shape: str
    strides: str
    dim: int | None
    dtype: str
    pattern: str
    provider: str


@dataclass(frozen=True)
class Row(CaseRow):
    """One provider on one case.

    Attributes:
        plan: what took the time: the plan of "ours", the fastest kernel of "floor".
    """

    bytes: int
    results: int
    samples: int
    p20_us: float
    p50_us: float
    p80_us: float
    plan: str


class Run:
    """Measures on one device and appends to one CSV file."""

    def __init__(
        self,
        device: torch.device,
        providers: list[str],
        samples: int,
        setting: Setting,
        csv: TextIO,
    ) -> None:
        """Allocate what timing needs; write the header unless the file has one."""
        self._device = device
        self._providers = {name: PROVIDERS[device.type][name] for name in providers}
        self._samples = samples
        self._setting = setting
        self._timer = Timer(device)
        self._file = csv
        self._writer = _writer(csv)
        if csv.tell() == 0:
            self._writer.writeheader()

    def case(self, case: Case) -> None:
        """Check and time all providers on a case.

        Raises:
            AssertionError: our result is not torch's.
        """
        workload = case.workload
        print(f"{workload.name} {_dtype_name(case.dtype)} {case.pattern}:", flush=True)
        torch.manual_seed(0)
        x = case.build(self._device)
        op, dim = workload.op, workload.dim
        expected = getattr(torch, op)(x, dim)
        if not torch.equal(getattr(torch_argmax, op)(x, dim), expected):
            raise AssertionError(f"{op} differs from torch: {x.shape}, dim {dim}, {x.dtype}")

        before = partial(x.mul_, 1) if workload.written else None
        calls: dict[tuple[str, str], Call] = {}
        estimates: dict[tuple[str, str], float] = {}
        for name, prepare in self._providers.items():
            # Compiling takes seconds a case, and what comes out does not depend on the values.
            if name == "compile" and case.pattern != "random":
                continue
            plan = repr(torch_argmax.explain(x, dim, order=op[-3:])) if name == "ours" else ""
            try:
                call = prepare(op, x, dim)
                estimates[name, plan] = self._timer.warm_up(call)
            except Exception as error:  # whatever a peer raises, it has no row
                _print_missing(name, error)
                continue
            calls[name, plan] = call
        try:
            floors = self._timer.fastest(floor_variants(x, expected.numel()), before)
        except FloorUnavailableError as error:
            _print_missing("floor", error)
            floors = {}
        for variant, call in floors.items():
            calls["floor", variant] = call
            estimates["floor", variant] = self._timer.warm_up(call)
        times = self._timer.measure(calls, estimates, self._samples, before)
        keys = [key for key in times if key[0] == "floor"]
        fastest = min(keys, key=lambda key: times[key].p50, default=None)
        for provider, plan in times:
            if provider != "floor" or (provider, plan) == fastest:
                row = case_columns(workload.name, op, x, dim, case.pattern, provider, plan)
                self._write(row | _columns(times[provider, plan], expected.numel()))
                ratio = (
                    f"{times[provider, plan].p50 / times[fastest].p50:8.2f} x" if fastest else ""
                )
                print(f"  {provider:8}{times[provider, plan].p50:12.1f} us{ratio}", flush=True)

    def host_overhead(self) -> None:
        """Time the host's side of a call on tiny inputs."""
        for shape in _OVERHEAD_SHAPES:
            x = torch.randn(shape, device=self._device)
            print(f"{_OVERHEAD} {shape}:", flush=True)
            calls: dict[str, Call] = {}
            for name, prepare in self._providers.items():
                try:
                    call = prepare("argmax", x, -1)
                    self._timer.warm_up(call)
                except Exception as error:  # as in case()
                    _print_missing(name, error)
                    continue
                calls[name] = call
            for name, times in self._timer.host_overhead(calls).items():
                row = case_columns(_OVERHEAD, "argmax", x, -1, "random", name, "")
                self._write(row | _columns(times, x[..., 0].numel()))
                print(f"  {name:8}{times.p50:12.2f} us", flush=True)

    def _write(self, columns: dict) -> None:
        self._writer.writerow(asdict(self._setting) | asdict(Row(**columns)))
        self._file.flush()


def main() -> None:
    """Run the cases that the command line asks for."""
    arguments = _parse_arguments()
    device = arguments.device
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    setting = Setting.here(device)
    output = arguments.output or setting.file()
    output.parent.mkdir(parents=True, exist_ok=True)
    providers = arguments.providers or list(PROVIDERS[device.type])
    with output.open("a", newline="") as file:
        run = Run(device, providers, arguments.samples, setting, file)
        for case in sweep() if arguments.sweep else cases(device):
            if not arguments.filter.search(case.workload.name):
                continue
            limit = arguments.max_bytes or max_bytes(device)
            if case.bytes > limit:
                print(f"{case.workload.name}: skipped: {case.bytes} bytes, the limit is {limit}")
                continue
            run.case(case)
            if device.type == "cuda":
                torch.cuda.empty_cache()  # the next may need all of the memory
        if arguments.filter.search(_OVERHEAD) and not arguments.sweep:
            run.host_overhead()
    print(output)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.run", description=(__doc__ or "").partition(":")[0]
    )
    default_device = "cuda" if torch.cuda.is_available() else "cpu"
    parser.add_argument("--device", type=torch.device, default=torch.device(default_device))
    parser.add_argument("--sweep", action="store_true", help="over sizes, for the heat map")
    parser.add_argument("--filter", type=re.compile, default=re.compile(""), help="of names")
    names = sorted({name for providers in PROVIDERS.values() for name in providers})
    parser.add_argument("--providers", nargs="+", choices=names, help="default: the device's all")
    parser.add_argument("--samples", type=int, default=30)
    parser.add_argument("--max-bytes", type=int, help="of an input; default: what fits in memory")
    parser.add_argument("--threads", type=int, help="on the CPU; default: torch's")
    parser.add_argument("--output", type=Path, help="CSV file to append to; default: in results/")
    return parser.parse_args()


def _writer(file: TextIO) -> csv.DictWriter:
    return csv.DictWriter(file, [field.name for kind in (Setting, Row) for field in fields(kind)])


def case_columns(
    workload: str, op: str, x: Tensor, dim: int | None, pattern: str, provider: str, plan: str
) -> dict:
    """What a row says of a case and of who ran it."""
    return {
        "workload": workload,
        "op": op,
        "shape": "x".join(map(str, x.shape)),
        "strides": "x".join(map(str, x.stride())),
        "dim": dim,
        "dtype": _dtype_name(x.dtype),
        "pattern": pattern,
        "provider": provider,
        "plan": plan,
        "bytes": x.numel() * x.itemsize,
    }


def _columns(times: Times, results: int) -> dict:
    return {
        "results": results,
        "samples": times.samples,
        "p20_us": times.p20,
        "p50_us": times.p50,
        "p80_us": times.p80,
    }


def _dtype_name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _print_missing(provider: str, error: Exception) -> None:
    reason = str(error).strip().partition("\n")[0]
    print(f"  {provider:8}missing: {type(error).__name__}: {reason}", flush=True)


def _commit() -> str:
    """The commit measured; where the tree came without its history, the environment says it."""
    git = ["git", "-C", str(_HERE), "rev-parse", "--short", "HEAD"]
    try:
        return subprocess.run(git, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return os.environ.get("TORCH_ARGMAX_COMMIT", "")


if __name__ == "__main__":
    main()
