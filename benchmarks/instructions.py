"""Count the instructions of a call on the CPU: ``python -m benchmarks.instructions --help``.

Where times vary by percents, counts do not, however busy the machine: they tell what a change of a
kernel, or another compiler, does to its code. They know nothing of caches and mispredictions.

The script runs itself once more, under valgrind's callgrind, which is to be installed with its
headers. valgrind's processor has no AVX-512, so ours is counted with the other instruction sets,
and torch with its best of them. The input is random, and each result checked against torch first.
A count is that of the whole call in one thread, from Python to Python.
"""

import argparse
import csv
import ctypes
import gc
import os
import re
import subprocess
import sys
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import torch

import torch_argmax
from benchmarks.floor import build
from benchmarks.providers import PROVIDERS
from benchmarks.run import CaseRow, Setting, case_columns
from benchmarks.timing import Call
from benchmarks.workloads import BF16, F16, F32, I8, U8, Case, Workload

_WORKLOADS = (
    Workload("call", (4,), 0, (F32,)),
    Workload("rows", (4096, 1000), 1, (F32, BF16)),
    Workload("short_rows", (65536, 8), 1, (U8, F32)),
    Workload("columns", (16, 512, 1023), 1, (F32, F16, I8)),
    Workload("permuted", (64, 128, 512), None, (F32,), lambda x: x.permute(2, 0, 1)),
)
# Python specializes its bytecode while it runs.
_WARM_UP_CALLS = 10


@dataclass(frozen=True)
class Row(CaseRow):
    """One provider on one case, with one instruction set.

    Attributes:
        compiler: of the provider.
        valgrind: its version.
        plan: of "ours".
    """

    instruction_set: str
    compiler: str
    valgrind: str
    bytes: int
    instructions: int
    per_element: float
    per_byte: float
    plan: str


class Counter:
    """Counts calls, in a process that callgrind runs.

    Attributes:
        version: of valgrind.
    """

    def __init__(self, library: ctypes.CDLL, dumps: Path) -> None:
        """Count what counting takes.

        Args:
            library: ``callgrind.cpp``.
            dumps: where callgrind puts them, each with a number behind it.
        """
        valgrind = subprocess.run(["valgrind", "--version"], capture_output=True, text=True)
        self.version = valgrind.stdout.strip().removeprefix("valgrind-")
        self._library = library
        self._dumps = dumps
        self._number = 0
        self._overhead = 0
        self._overhead = [self.count(lambda: None) for _ in range(_WARM_UP_CALLS)][-1]

    def count(self, call: Call) -> int:
        """Instructions of one call."""
        for _ in range(_WARM_UP_CALLS):
            call()
        self._library.start()
        call()
        self._library.dump()
        self._library.stop()
        self._number += 1
        dump = Path(f"{self._dumps}.{self._number}")
        total = re.search(r"^totals: (\d+)", dump.read_text(), re.MULTILINE)[1]
        dump.unlink()
        return int(total) - self._overhead


def main() -> None:
    """Count all cases, providers and instruction sets."""
    options = _parse_arguments()
    path = build("callgrind.cpp", "native")
    library = ctypes.CDLL(str(path))
    dumps = path.with_name("callgrind.out")
    if not library.running():
        # What comes before the first count runs uninstrumented, or importing torch took minutes.
        valgrind = ("valgrind", "-q", "--tool=callgrind", "--instr-atstart=no")
        command = (*valgrind, f"--callgrind-out-file={dumps}", sys.executable)
        arguments = (*command, "-m", "benchmarks.instructions", *sys.argv[1:])
        # With hashes as they come, a call takes some hundred instructions more or less.
        os.execvpe("valgrind", arguments, os.environ | {"PYTHONHASHSEED": "0"})

    torch.set_num_threads(1)
    gc.disable()
    setting = Setting.here(torch.device("cpu"))
    output = options.output or setting.file("_instructions")
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("a", newline="") as file:
        names = [field.name for kind in (Setting, Row) for field in fields(kind)]
        writer = csv.DictWriter(file, names)
        if file.tell() == 0:
            writer.writeheader()
        counter = Counter(library, dumps)
        for workload in _WORKLOADS:
            for dtype in workload.dtypes:
                for row in _rows(Case(workload, dtype, "random"), counter):
                    writer.writerow(asdict(setting) | asdict(row))
                    file.flush()
                    print(
                        f"{row.workload} {row.dtype} {row.provider} {row.instruction_set}: "
                        f"{row.instructions} instructions, {row.per_element} an element",
                        flush=True,
                    )
    print(output)


def _rows(case: Case, counter: Counter) -> list[Row]:
    """Ours with each instruction set, and torch."""
    workload = case.workload
    torch.manual_seed(0)
    x = case.build(torch.device("cpu"))
    torch_call = PROVIDERS["cpu"]["torch"](workload.op, x, workload.dim)
    our_call = PROVIDERS["cpu"]["ours"](workload.op, x, workload.dim)
    expected = torch_call()

    def row(provider: str, instruction_set: str, compiler: str, plan: str, call: Call) -> Row:
        instructions = counter.count(call)
        case_of = (workload.name, workload.op, x, workload.dim, case.pattern)
        return Row(
            **case_columns(*case_of, provider, plan),
            instruction_set=instruction_set,
            compiler=compiler,
            valgrind=counter.version,
            instructions=instructions,
            per_element=round(instructions / x.numel(), 4),
            per_byte=round(instructions / (x.numel() * x.itemsize), 4),
        )

    rows = []
    for name in torch_argmax.instruction_sets():
        with torch_argmax.force_instruction_set(name):
            if not torch.equal(our_call(), expected):
                raise AssertionError(f"{case} with {name} differs from torch")
            plan = repr(torch_argmax.explain(x, workload.dim))
            rows.append(row("ours", name, torch_argmax.build_info()["compiler"], plan, our_call))
    best = torch.backends.cpu.get_cpu_capability().lower()
    compiler = re.search(r"- (.*)", torch.__config__.show())[1]
    rows.append(row("torch", best, compiler, "", torch_call))
    return rows


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.instructions", description=(__doc__ or "").partition(":")[0]
    )
    parser.add_argument("--output", type=Path, help="CSV file to append to; default: in results/")
    return parser.parse_args()


if __name__ == "__main__":
    main()
