"""The headline kernel keeps more than half of an RTX 4090's warps resident.

By the registers and shared memory that were compiled for sm_89 and NVIDIA's occupancy calculator:
no GPU is needed. The kernel that this project started from ran 33 % of them.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import torch
from torch.utils.cpp_extension import CUDA_HOME

import torch_argmax
from torch_argmax import _C, Limits

RTX_4090 = Limits(128, 1, 99 << 10)
WARPS_PER_SM = 48

pytestmark = [
    pytest.mark.skipif(
        "8.9" not in (torch_argmax.build_info()["architectures"] or ""),
        reason="the build has no sm_89 code (CUDA left out, or another TORCH_CUDA_ARCH_LIST)",
    ),
    pytest.mark.skipif(CUDA_HOME is None, reason="needs the CUDA toolkit"),
]


def resources(kernel: str) -> tuple[int, int]:
    """Registers a thread and bytes of static shared memory of a kernel's float32 max for sm_89."""
    triton_tools = Path(torch.__file__).parent.parent / "triton/backends/nvidia/bin"
    tool = next(
        found
        for folder in (f"{CUDA_HOME}/bin", str(triton_tools))
        if (found := shutil.which("cuobjdump", path=folder))
    )
    dump = subprocess.run(
        [tool, "--gpu-architecture", "sm_89", "--dump-resource-usage", _C.__file__],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    # As mangled: kernel<float, Order::Max, ...>.
    name = rf"Function \S*\d{kernel}If\S*OrderE0\S*:\s*\n"
    usage = re.search(name + r".*REG:(\d+).*SHARED:(\d+)", dump)
    assert usage, f"no sm_89 code of {kernel}<float, Max> in the build"
    return int(usage[1]), int(usage[2])


def warps_resident(
    registers: int, shared: int, dynamic: int, threads: int, calculator: Path
) -> int:
    arguments = [calculator, *map(str, (registers, shared, dynamic, threads))]
    blocks = int(subprocess.run(arguments, check=True, capture_output=True, text=True).stdout)
    return blocks * threads // 32


@pytest.fixture(scope="module")
def calculator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = tmp_path_factory.mktemp("occupancy") / "occupancy"
    source = Path(__file__).with_name("occupancy.cpp")
    subprocess.run(["c++", "-I", f"{CUDA_HOME}/include", source, "-o", program], check=True)
    return program


def test_headline_kernel(calculator: Path) -> None:
    headline = torch.empty(128, 4096, 4095, device="meta")
    plan = torch_argmax.explain(headline, 1, device="cuda", limits=RTX_4090)
    assert plan.kernel == "column_front", plan
    warps = warps_resident(*resources(plan.kernel), plan.shared_bytes, plan.threads, calculator)
    assert warps > WARPS_PER_SM / 2, f"{warps} of {WARPS_PER_SM} warps: {plan}"


def test_the_calculator_says_no_too(calculator: Path) -> None:
    assert warps_resident(128, 0, 0, 1024, calculator) < WARPS_PER_SM / 2
    assert warps_resident(64, 4 << 10, 96 << 10, 1024, calculator) == 0
