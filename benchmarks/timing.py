"""Timing of calls: medians of interleaved samples.

On CUDA a sample is one call between two events, with the L2 cache flushed before it: writing the
flush buffer takes the device so long that the host has queued the call when it is done, so that
what is timed is the device's work. It leaves the cache full of lines that the memory has not yet,
which the call must write there to make room, as any call that follows other kernels. It is written
by one to four kernels, at random: every fourth launch of more than 192 bytes of parameters, as ours
and torch's have, takes 0.9 us longer, and in turns of equal length that could be every one of one
candidate, and none of another's. (Kernels with fewer wait a little longer for them: H100,
2026-11-28.) So short calls get more samples: of 13 of (50, 85, 85) float32, the median was 5.5 us
in some runs and 6.3 in others. On the CPU a sample is as many calls as fill some time, and nothing
is flushed: small inputs are measured warm.
"""

import math
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch

Call = Callable[[], object]

# Many times the L2 cache of any GPU; 0.7 ms of writing on an H100, more than the host takes for a
# compiled function's call when its own caches are cold.
_FLUSH_BYTES = 2 * 2**30
_MOST_FLUSHES = 4
_CPU_SAMPLE_US = 200
# Calls that take no more than _SHORT_US get _SHORT_FACTOR times as many samples. One as slow as
# _SLOW_US gets few, one as slow as _TOO_SLOW_US none.
_SHORT_US = 50
_SHORT_FACTOR = 4
_SLOW_US = 50e3
_TOO_SLOW_US = 2e6
_SLOW_SAMPLES = 3
# Samples of each of many calls, and how many are measured once more.
_TRIALS = 3
_FINALISTS = 4
# A batch of calls must not fill the queue of launches, where the host would wait.
_OVERHEAD_BATCHES = 10
_OVERHEAD_CALLS = 100


class TooSlowError(RuntimeError):
    """One call takes longer than is worth measuring."""


@dataclass(frozen=True)
class Times:
    """Microseconds of one call over its samples."""

    samples: int
    p20: float
    p50: float
    p80: float

    @classmethod
    def of(cls, samples: list[float]) -> "Times":
        """Percentiles of samples in microseconds."""
        return cls(len(samples), *(float(p) for p in np.percentile(samples, (20, 50, 80))))


def _wanted(samples: int, estimate: float) -> int:
    """Samples of a call that takes about so many microseconds."""
    if estimate >= _SLOW_US:
        return min(samples, _SLOW_SAMPLES)
    return samples * _SHORT_FACTOR if estimate <= _SHORT_US else samples


class Timer:
    """Times calls on one device."""

    def __init__(self, device: torch.device) -> None:
        """Allocate what the device's samples need."""
        self._is_cuda = device.type == "cuda"
        if self._is_cuda:
            self._flush = torch.empty(_FLUSH_BYTES // 8, dtype=torch.int64, device=device)
            self._random = random.Random(0)
            self._start = torch.cuda.Event(enable_timing=True)
            self._end = torch.cuda.Event(enable_timing=True)

    def warm_up(self, call: Call) -> float:
        """Microseconds of the second of two calls: the first may compile.

        Raises:
            TooSlowError: that is too long for more calls.
        """
        self._wall_clock(call)
        estimate = self._wall_clock(call)
        if estimate > _TOO_SLOW_US:
            raise TooSlowError(f"a call takes {estimate / 1e6:.1f} s")
        return estimate

    def measure(
        self,
        calls: Mapping[str, Call],
        estimates: Mapping[str, float],
        samples: int,
        before: Call | None = None,
    ) -> dict[str, Times]:
        """Time ``calls`` in turns, so that all see the same clocks and neighbours.

        Args:
            calls: by name.
            estimates: what :meth:`warm_up` returned for each.
            samples: number of them for a call that is neither short nor slow.
            before: what a CUDA device does between flush and call, not timed.
        """
        wanted = {name: _wanted(samples, estimate) for name, estimate in estimates.items()}
        sample = self._cuda_sample if self._is_cuda else self._cpu_sample
        taken: dict[str, list[float]] = {name: [] for name in calls}
        for turn in range(max(wanted.values())):
            for name, call in calls.items():
                if turn < wanted[name]:
                    taken[name].append(sample(call, estimates[name], before))
        return {name: Times.of(values) for name, values in taken.items()}

    def fastest(self, calls: Mapping[str, Call], before: Call | None = None) -> dict[str, Call]:
        """The few of many calls that may be the fastest, by a few samples of each.

        The least of many medians is less than any of them would be in the long run. Of the few,
        measured once more beside what they are compared with, it is hardly.
        """
        estimates = {name: self.warm_up(call) for name, call in calls.items()}
        times = self.measure(calls, estimates, _TRIALS, before)
        names = sorted(calls, key=lambda name: times[name].p50)[:_FINALISTS]
        return {name: calls[name] for name in names}

    def host_overhead(self, calls: Mapping[str, Call]) -> dict[str, Times]:
        """Time that the host takes for a call, not waiting for a CUDA device: batches in turns."""
        taken: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(_OVERHEAD_BATCHES):
            for name, call in calls.items():
                start = time.perf_counter()
                for _ in range(_OVERHEAD_CALLS):
                    call()
                taken[name].append((time.perf_counter() - start) * 1e6 / _OVERHEAD_CALLS)
                self._wait()
        return {name: Times.of(values) for name, values in taken.items()}

    def _cuda_sample(self, call: Call, _: float, before: Call | None) -> float:
        for part in self._flush.chunk(self._random.randint(1, _MOST_FLUSHES)):
            part.zero_()
        if before is not None:
            before()
        self._start.record()
        call()
        self._end.record()
        self._end.synchronize()
        return self._start.elapsed_time(self._end) * 1e3

    def _cpu_sample(self, call: Call, estimate: float, _: Call | None) -> float:
        repeats = math.ceil(_CPU_SAMPLE_US / estimate)
        start = time.perf_counter()
        for _ in range(repeats):
            call()
        return (time.perf_counter() - start) * 1e6 / repeats

    def _wall_clock(self, call: Call) -> float:
        self._wait()
        start = time.perf_counter()
        call()
        self._wait()
        return (time.perf_counter() - start) * 1e6

    def _wait(self) -> None:
        if self._is_cuda:
            torch.cuda.synchronize()
