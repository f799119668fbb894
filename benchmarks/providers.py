"""Who is measured: each provider prepares the call that reduces a tensor."""

from collections.abc import Callable

import torch
from torch import Tensor

import torch_argmax
from benchmarks.timing import Call


class NotServedError(RuntimeError):
    """The provider does not serve the input."""


def _ours(op: str, x: Tensor, dim: int | None) -> Call:
    function = getattr(torch_argmax, op)
    return lambda: function(x, dim)


def _torch(op: str, x: Tensor, dim: int | None) -> Call:
    function = getattr(torch, op)
    return lambda: function(x, dim)


def _compile(op: str, x: Tensor, dim: int | None) -> Call:
    torch._dynamo.reset()  # else the number of recompilations would reach its limit
    function = getattr(torch, op)
    compiled = torch.compile(lambda x: function(x, dim), dynamic=False)
    return lambda: compiled(x)


def _triton(op: str, x: Tensor, dim: int | None) -> Call:
    # A block walks all of its reduced dimension, at 12 ns an element on an H100: two seconds.
    longest = 2**27
    if (x.numel() if dim is None else x.shape[dim]) > longest:
        raise NotServedError(f"one block would walk more than {longest} elements")
    from benchmarks.triton_argmax import argmax

    return lambda: argmax(op, x, dim)


def _numpy(op: str, x: Tensor, dim: int | None) -> Call:
    if x.dtype == torch.bfloat16:
        raise NotServedError("NumPy has no bfloat16")
    array = x.numpy()
    method = getattr(array, op)
    return lambda: method(dim)


# Each takes the op, the tensor and the dimension.
_EVERYWHERE: dict[str, Callable[[str, Tensor, int | None], Call]] = {
    "ours": _ours,
    "torch": _torch,
    "compile": _compile,
}
PROVIDERS = {
    "cuda": {**_EVERYWHERE, "triton": _triton},
    "cpu": {**_EVERYWHERE, "numpy": _numpy},
}
