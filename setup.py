"""Builds torch_argmax._C: the CPU part always, the CUDA part where nvcc and a CUDA torch are."""

import os
import re
import subprocess
import sys
from pathlib import Path

from setuptools import setup

MIN_TORCH = "2.10"


def fail(reason: str) -> None:
    sys.exit(f"torch-argmax: {reason}")


try:
    import torch
except ModuleNotFoundError:
    fail(
        f"building needs torch >= {MIN_TORCH} in this environment; install it first, then build "
        "with --no-build-isolation."
    )


def major_minor(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2])


if major_minor(torch.__version__) < major_minor(MIN_TORCH):
    fail(f"building needs torch >= {MIN_TORCH}, this environment has {torch.__version__}.")

from torch.utils import cpp_extension  # noqa: E402  (an old torch is told apart from a missing one)

# nvcc and a CUDA torch decide, not a GPU: the machine that builds need not be the one that runs.
nvcc = cpp_extension.CUDA_HOME and Path(cpp_extension.CUDA_HOME) / "bin" / "nvcc"
with_cuda = bool(
    # For tests of the build without CUDA, on machines that have it.
    os.environ.get("TORCH_ARGMAX_CUDA") != "0" and torch.version.cuda and nvcc and nvcc.exists()
)
architectures = ""
if with_cuda:
    printed = subprocess.run([nvcc, "--version"], check=True, capture_output=True, text=True)
    toolkit = re.search(r"release (\d+\.\d+)", printed.stdout)[1]
    if major_minor(toolkit)[0] != major_minor(torch.version.cuda)[0]:
        fail(
            f"nvcc {toolkit} cannot build for this torch, which has CUDA {torch.version.cuda}; "
            "install one for the other, or set TORCH_ARGMAX_CUDA=0 to build without CUDA."
        )
    if os.environ.get("TORCH_CUDA_ARCH_LIST"):
        architectures = os.environ["TORCH_CUDA_ARCH_LIST"].replace(";", " ")
    elif torch.cuda.is_available():
        # torch compiles for the GPUs it sees.
        gpus = range(torch.cuda.device_count())
        seen = sorted({torch.cuda.get_device_capability(gpu) for gpu in gpus})
        architectures = " ".join(f"{major}.{minor}" for major, minor in seen)
    else:
        # A100, RTX 40 and H100, then B200 and RTX 50 where nvcc knows them; PTX for what follows.
        architectures = "8.0 8.9 9.0"
        if major_minor(toolkit) >= (12, 8):
            architectures += " 10.0 12.0"
        architectures += "+PTX"
        os.environ["TORCH_CUDA_ARCH_LIST"] = architectures

csrc = Path("csrc")
sources = [*csrc.glob("*.cpp"), *csrc.glob("cpu/*.cpp")]
if with_cuda:
    sources.remove(csrc / "cuda_absent.cpp")
    sources += [*csrc.glob("cuda/*.cpp"), *csrc.glob("cuda/kernels/*.cu")]
else:
    # The planner is host code: explain() plans for GPUs in every build.
    sources += csrc.glob("cuda/plan*.cpp")


class BuildExt(cpp_extension.BuildExtension):
    def run(self) -> None:
        # An editable install compiles in a folder that it throws away; kept, a rebuild compiles
        # what changed. Objects of one torch are no use to another.
        if self.editable_mode:
            self.build_temp = f"build/{sys.implementation.cache_tag}-torch-{torch.__version__}"
        super().run()


# at::parallel_for is a template: compiled without OpenMP it runs in one thread. Not linked with it:
# torch has loaded the library whose threads it is to share.
openmp = ["-fopenmp"] if sys.platform == "linux" and torch.backends.openmp.is_available() else []

# For make sanitize. CXXFLAGS would stand before the flags below, which then win.
last_flags = os.environ.get("TORCH_ARGMAX_CXXFLAGS", "").split()

extension = cpp_extension.CUDAExtension if with_cuda else cpp_extension.CppExtension
setup(
    ext_modules=[
        extension(
            "torch_argmax._C",
            sorted(str(source) for source in sources),
            define_macros=[("TORCH_ARGMAX_ARCHITECTURES", architectures)],
            extra_compile_args={
                "cxx": ["-O3", "-g0", "-Wall", "-fvisibility=hidden", *openmp, *last_flags],
                "nvcc": ["-O3", "-Xfatbin=-compress-all"],
            },
        )
    ],
    cmdclass={"build_ext": BuildExt},
)
