"""argmax, argmin, max and min over a dimension for PyTorch: exact and fast on every layout."""

import torch  # noqa: F401  (loads the libraries that the extension links to)

from torch_argmax import vmap as _vmap  # noqa: F401  (registers the batching rules)
from torch_argmax._C import Limits, Plan
from torch_argmax._version import __version__
from torch_argmax.nn import ModelNew
from torch_argmax.ops import argmax, argmin, max, min
from torch_argmax.planning import (
    build_info,
    explain,
    force_instruction_set,
    force_kernel,
    instruction_sets,
    kernels,
)

__all__ = [
    "Limits",
    "ModelNew",
    "Plan",
    "__version__",
    "argmax",
    "argmin",
    "build_info",
    "explain",
    "force_instruction_set",
    "force_kernel",
    "instruction_sets",
    "kernels",
    "max",
    "min",
]
