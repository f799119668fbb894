"""The read floor: time of the fastest kernel that only reads the input and writes the results."""

import ctypes
import hashlib
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from itertools import product
from pathlib import Path

import torch
from torch import Tensor

_HERE = Path(__file__).parent
_BUILD = _HERE.parent / "build" / "benchmarks"

# (bytes of a load, loads in flight a thread), and (threads, blocks a multiprocessor; None for a
# block for each chunk). Few blocks do for large inputs; small inputs want many, with little each.
_CUDA_KERNELS = ((16, 8), (16, 4), (16, 1), (4, 8))
# The same of rows of a sector or less, of which all comes with its first byte.
_CUDA_SECTOR_KERNELS = ((1, 16), (1, 4), (1, 1))
# What the memory of a GPU, and of a CPU, reads at least.
_SECTOR_BYTES, _LINE_BYTES = 32, 64
_CUDA_GRIDS = ((1024, 1), (512, 2), (512, 4), (256, 4), (256, 8), (256, None))
# Whether what is read is the first to leave the L2 cache, and what is written the last.
_CUDA_EVICTIONS = ((False, False), (False, True), (True, True))
# Blocks read longer rows than sectors one at a time: of less, most of their threads are idle.
_CUDA_LEAST_ROW_BYTES = 4096
_CPU_ACCUMULATORS = (4, 16)


class FloorUnavailableError(RuntimeError):
    """The floor cannot be compiled here, and was not compiled before."""


def floor_variants(x: Tensor, n_results: int) -> dict[str, Callable[[], None]]:
    """Calls that read the bytes of ``x`` once and write ``n_results`` times 8 bytes, by name.

    A GPU reads sectors of 32 bytes, a CPU lines of 64: where less than that lies between elements
    it is read as well, and of elements further apart the sectors that they lie in.

    The floor is the fastest. On CUDA they run on the stream that is torch's current one now, and
    write to the same results each time, as torch's allocator would give them. On the CPU results
    are allocated in each call, as anyone's are: what is large comes from the system each time, at
    the price of a page fault for every huge page, or for every 4 KB where it gives none.

    Raises:
        FloorUnavailableError: they cannot be compiled here, and were not compiled before.
        ValueError: the elements of ``x`` do not lie as evenly spaced rows without overlap, or in
            rows that a GPU's kernels are not made for.
    """
    function = _library(x.device).floor_read
    count, row_bytes, pitch = _rows(x, _SECTOR_BYTES if x.is_cuda else _LINE_BYTES)
    memory = (ctypes.c_void_p(x.data_ptr()), *map(ctypes.c_int64, (count, row_bytes, pitch)))
    number = ctypes.c_int64(n_results)
    kept = torch.empty(n_results, dtype=torch.int64, device=x.device) if x.is_cuda else None

    # Arguments are converted here, not in the calls: tiny inputs take less time than that.
    def variant(*args: ctypes._SimpleCData) -> Callable[[], None]:
        def call() -> None:
            results = torch.empty(n_results, dtype=torch.int64) if kept is None else kept
            function(*memory, ctypes.c_void_p(results.data_ptr()), number, *args)

        call.tensors = (x, kept)  # the arguments are but their addresses
        return call

    if x.is_cuda:
        kernels = _CUDA_KERNELS
        if count > 1 and row_bytes <= _SECTOR_BYTES:
            kernels = _CUDA_SECTOR_KERNELS
        elif count > 1 and row_bytes < _CUDA_LEAST_ROW_BYTES:
            raise ValueError(f"no floor for rows of {row_bytes} bytes, {pitch} bytes apart")
        processors = torch.cuda.get_device_properties(x.device).multi_processor_count
        stream = ctypes.c_void_p(torch.cuda.current_stream(x.device).cuda_stream)
        return {
            f"{load} B x {unroll}, {threads} threads, {blocks or 'all'} blocks"
            + ", evict first" * first
            + ", results last" * last: variant(
                ctypes.c_int(load),
                ctypes.c_int(unroll),
                ctypes.c_int64((blocks or 0) * processors),
                ctypes.c_int(threads),
                ctypes.c_int(first),
                ctypes.c_int(last),
                stream,
            )
            for (load, unroll), (threads, blocks), (first, last) in product(
                kernels, _CUDA_GRIDS, _CUDA_EVICTIONS
            )
        }
    return {
        f"{accumulators} sums, {threads} threads" + ", ahead" * prefetches: variant(
            ctypes.c_int(accumulators), ctypes.c_int(prefetches), ctypes.c_int(threads)
        )
        for accumulators, prefetches, threads in product(
            _CPU_ACCUMULATORS, (False, True), {1, torch.get_num_threads()}
        )
    }


def cpu_model() -> str:
    """Name of the processor, as the system gives it."""
    return _cpu_info("model name") or platform.processor() or platform.machine()


def build(source: str, arch: str) -> Path:
    """Compile ``source`` for ``arch`` and return the library's path.

    One that is there already is taken as it is: it may come from another machine.

    Raises:
        FloorUnavailableError: there is no compiler, or it fails.
    """
    path = _HERE / source
    if path.suffix == ".cu":
        home = os.environ.get("CUDA_HOME", "/usr/local/cuda")
        nvcc = shutil.which("nvcc") or f"{home}/bin/nvcc"
        command = [nvcc, "-O3", "-std=c++17", f"-arch={arch}", "-Xcompiler=-fPIC"]
    else:
        command = [os.environ.get("CXX", "g++"), "-O3", "-std=c++17", f"-march={arch}", "-fPIC"]
        # torch has loaded OpenMP already: all share one pool of threads.
        command += ["-fopenmp"]
    # A library for "native" must not be loaded on another processor.
    key = path.read_bytes() + (_cpu_info("flags").encode() if arch == "native" else b"")
    # What it includes is part of it.
    for header in re.findall(rb'#include "(.*)"', key):
        key += (_HERE / header.decode()).read_bytes()
    target = _BUILD / f"{path.stem}-{arch}-{hashlib.sha256(key).hexdigest()[:12]}.so"
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    # Renamed when complete, so that a build cut off leaves nothing that looks done.
    unfinished = target.with_suffix(f".{os.getpid()}")
    try:
        subprocess.run(
            [*command, "-shared", "-o", str(unfinished), str(path)],
            check=True,
            capture_output=True,
            text=True,
        )
    except FileNotFoundError as error:
        raise FloorUnavailableError(f"no compiler {command[0]} for {source}") from error
    except subprocess.CalledProcessError as error:
        raise FloorUnavailableError(error.stderr) from error
    return unfinished.rename(target)


def _cpu_info(field: str) -> str:
    """Value of a field of the first processor in /proc/cpuinfo, or "" if there is none."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    pairs = (line.partition(":") for line in lines)
    return next((value.strip() for name, _, value in pairs if name.strip() == field), "")


def _rows(x: Tensor, unit: int) -> tuple[int, int, int]:
    """Rows, bytes of a row, and bytes from one row to the next, of the memory that ``x`` covers.

    What lies between elements is part of a row where it is less than ``unit`` bytes.
    """
    dims = sorted(
        (stride * x.itemsize, size)
        for stride, size in zip(x.stride(), x.shape, strict=True)
        if size > 1
    )
    run = x.itemsize
    while dims and dims[0][0] - run < unit:
        stride, size = dims.pop(0)
        if stride < run:
            raise ValueError(f"overlapping rows: shape {tuple(x.shape)}, strides {x.stride()}")
        run += stride * (size - 1)
    pitch, rows = dims.pop(0) if dims else (run, 1)
    for stride, size in dims:
        if stride != pitch * rows:
            raise ValueError(f"no even rows: shape {tuple(x.shape)}, strides {x.stride()}")
        rows *= size
    return rows, run, pitch


@cache
def _library(device: torch.device) -> ctypes.CDLL:
    if device.type != "cuda":
        library = ctypes.CDLL(str(build("floor.cpp", "native")))
        library.floor_read.restype = None
        return library
    major, minor = torch.cuda.get_device_capability(device)
    library = ctypes.CDLL(str(build("floor.cu", f"sm_{major}{minor}")))
    library.floor_read.errcheck = _raise_cuda_error
    return library


def _raise_cuda_error(result: int, function: object, args: tuple) -> None:
    if result:
        raise RuntimeError(f"the read floor failed with CUDA error {result}")
