"""Builds torch_argmax._C: the CPU part always, the CUDA part where nvcc and a CUDA torch are."""

import os
import sys
from pathlib import Path

from setuptools import setup

MIN_TORCH = (2, 10)
# Without a GPU to ask: A100, RTX 40, H100, B200, RTX 50, and PTX of the last for what comes after.
DEFAULT_ARCHITECTURES = "8.0;8.9;9.0;10.0;12.0+PTX"

try:
    import torch
    from torch.utils import cpp_extension
except ImportError:
    sys.exit(
        f"torch-argmax: building needs torch >= {'.'.join(map(str, MIN_TORCH))} in this environment; "
        "install it first, then build with --no-build-isolation."
    )

if tuple(int(part) for part in torch.__version__.split(".")[:2]) < MIN_TORCH:
    sys.exit(
        f"torch-argmax: building needs torch >= {'.'.join(map(str, MIN_TORCH))}, "
        f"this environment has {torch.__version__}."
    )

# nvcc and a CUDA torch decide, not a GPU: the machine that builds need not be the one that runs.
with_cuda = torch.version.cuda is not None and cpp_extension.CUDA_HOME is not None
architectures = ""
if with_cuda:
    if not torch.cuda.is_available():
        os.environ.setdefault("TORCH_CUDA_ARCH_LIST", DEFAULT_ARCHITECTURES)
    architectures = os.environ.get("TORCH_CUDA_ARCH_LIST", "native").replace(";", " ")

csrc = Path("csrc")
sources = [*csrc.glob("*.cpp"), *csrc.glob("cpu/*.cpp")]
if with_cuda:
    sources.remove(csrc / "cuda_absent.cpp")
    sources += [*csrc.glob("cuda/*.cpp"), *csrc.glob("cuda/kernels/*.cu")]
else:
    sources.append(csrc / "cuda" / "plan.cpp")

extension = cpp_extension.CUDAExtension if with_cuda else cpp_extension.CppExtension
setup(
    ext_modules=[
        extension(
            "torch_argmax._C",
            sorted(str(source) for source in sources),
            define_macros=[("TORCH_ARGMAX_ARCHITECTURES", architectures)],
            extra_compile_args={
                "cxx": ["-O3", "-g0", "-Wall", "-fvisibility=hidden"],
                "nvcc": ["-O3", "-Xfatbin=-compress-all"],
            },
        )
    ],
    cmdclass={"build_ext": cpp_extension.BuildExtension},
)
