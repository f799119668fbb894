"""Batching rules: under :func:`torch.vmap` the family reduces all examples in one call."""

from typing import Any

import torch
from torch import Tensor

from torch_argmax import _C  # noqa: F401  (defines the operators)

_ops = torch.ops.torch_argmax


def _examples(input: Tensor, in_dim: int, dim: int | None) -> tuple[Tensor, int]:
    """Bring the batch to the front; returns the tensor and the dimension of it to reduce.

    ``dim`` counts in one example. Without it an example is flattened, and a 0-d one has no
    dimension to reduce: it gets one of size 1.
    """
    input = input.movedim(in_dim, 0)
    if dim is None:
        return input.flatten(1) if input.dim() > 1 else input.unsqueeze(1), 1
    example_dims = max(input.dim() - 1, 1)
    if not -example_dims <= dim < example_dims:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-example_dims}, "
            f"{example_dims - 1}], but got {dim})"
        )
    if input.dim() == 1:
        return input.unsqueeze(1), 1
    return input, dim % example_dims + 1


def _arg_rule(op: Any) -> Any:
    def rule(info: Any, in_dims: tuple, input: Tensor, dim: int | None = None, keepdim=False):
        example_dims = input.dim() - 1
        examples, reduced = _examples(input, in_dims[0], dim)
        indices = op(examples, reduced, keepdim and example_dims > 0)
        if dim is None and keepdim:
            indices = indices.reshape(-1, *[1] * example_dims)
        return indices, 0

    return rule


def _extremum_rule(op: Any) -> Any:
    def rule(info: Any, in_dims: tuple, input: Tensor, dim: int, keepdim: bool = False):
        examples, reduced = _examples(input, in_dims[0], dim)
        return op(examples, reduced, keepdim and input.dim() > 1), (0, 0)

    return rule


torch.library.register_vmap("torch_argmax::argmax", _arg_rule(_ops.argmax.default))
torch.library.register_vmap("torch_argmax::argmin", _arg_rule(_ops.argmin.default))
torch.library.register_vmap("torch_argmax::max.dim", _extremum_rule(_ops.max.dim))
torch.library.register_vmap("torch_argmax::min.dim", _extremum_rule(_ops.min.dim))
