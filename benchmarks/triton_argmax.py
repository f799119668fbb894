"""The usual Triton kernel for argmax, as a baseline: a block walks the reduced dimension."""

import math

import torch
import triton
import triton.language as tl
from torch import Tensor

_BLOCK_REDUCE = 32
_BLOCK_INNER = 256


def argmax(op: str, x: Tensor, dim: int | None) -> Tensor:
    """``torch.argmax`` or ``torch.argmin``, as ``op`` says, of the contiguous copy of ``x``."""
    x = x.contiguous()
    if dim is None:
        x, dim = x.view(-1), 0
    dim %= x.dim()
    outer, inner = math.prod(x.shape[:dim]), math.prod(x.shape[dim + 1 :])
    out = torch.empty(x.shape[:dim] + x.shape[dim + 1 :], dtype=torch.int64, device=x.device)
    is_max = op == "argmax"
    _argmax[(triton.cdiv(inner, _BLOCK_INNER), outer)](
        x,
        out,
        x.shape[dim],
        inner,
        is_max,
        _worst(x.dtype, is_max),
        _BLOCK_REDUCE,
        _BLOCK_INNER,
    )
    return out


def _worst(dtype: torch.dtype, is_max: bool) -> float:
    if dtype.is_floating_point:
        return float("-inf" if is_max else "inf")
    info = torch.iinfo(dtype)
    return info.min if is_max else info.max


@triton.jit
def _argmax(
    x,
    out,
    reduce,
    inner,
    IS_MAX: tl.constexpr,  # noqa: N803
    WORST: tl.constexpr,  # noqa: N803
    BLOCK_REDUCE: tl.constexpr,  # noqa: N803
    BLOCK_INNER: tl.constexpr,  # noqa: N803
):
    outer = tl.program_id(1).to(tl.int64)
    columns = tl.program_id(0) * BLOCK_INNER + tl.arange(0, BLOCK_INNER)
    x += outer * reduce * inner
    best = tl.full((BLOCK_INNER,), WORST, x.dtype.element_ty)
    index = tl.zeros((BLOCK_INNER,), tl.int32)
    for start in range(0, reduce, BLOCK_REDUCE):
        rows = start + tl.arange(0, BLOCK_REDUCE)
        inside = (rows[:, None] < reduce) & (columns[None, :] < inner)
        tile = tl.load(x + rows[:, None] * inner + columns[None, :], mask=inside, other=WORST)
        if IS_MAX:
            value, at = tl.max(tile, axis=0, return_indices=True)
            better = value > best
        else:
            value, at = tl.min(tile, axis=0, return_indices=True)
            better = value < best
        best = tl.where(better, value, best).to(x.dtype.element_ty)
        index = tl.where(better, start + at, index)
    tl.store(out + outer * inner + columns, index, mask=columns < inner)
