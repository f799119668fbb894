"""The operator family with torch's signatures."""

import operator
from typing import Any

import torch
from torch import Tensor
from torch.compiler import is_dynamo_compiling
from torch.overrides import has_torch_function_unary

from torch_argmax import _C


def argmax(
    input: Tensor, dim: int | None = None, keepdim: bool = False, *, out: Tensor | None = None
) -> Tensor:
    """Index of the maximum along a dimension, as :func:`torch.argmax`.

    The first of equal maxima wins; NaN is greater than everything, and the first NaN wins.

    Args:
        input: any shape and strides, read where it lies. uint8, int8, int16, int32, int64,
            float16, bfloat16, float32 or float64.
        dim: the dimension to reduce; None reduces all of them, in row-major order.
        keepdim: keep the reduced dimension, with size 1.
        out: int64 tensor for the result.

    Returns:
        int64 tensor, contiguous, with the shape of ``input`` less ``dim``.

    Raises:
        IndexError: ``dim`` is out of range, or there is nothing to reduce.
        TypeError, RuntimeError: what torch raises for arguments and dtypes that it refuses.
    """
    if not is_dynamo_compiling():
        result = _C.argmax(input, dim, keepdim, out)
        if result is not NotImplemented:
            return result
    return _arg("argmax", input, dim, keepdim, out)


def argmin(
    input: Tensor, dim: int | None = None, keepdim: bool = False, *, out: Tensor | None = None
) -> Tensor:
    """Index of the minimum along a dimension, as :func:`torch.argmin`.

    The first of equal minima wins; NaN beats everything here too. Arguments, result and errors are
    those of :func:`argmax`.
    """
    if not is_dynamo_compiling():
        result = _C.argmin(input, dim, keepdim, out)
        if result is not NotImplemented:
            return result
    return _arg("argmin", input, dim, keepdim, out)


def max(
    input: Tensor, dim: int, keepdim: bool = False, *, out: tuple[Tensor, Tensor] | None = None
) -> torch.return_types.max:
    """Maximum along a dimension and its index, as ``torch.max(input, dim)``.

    Which maximum wins is as for :func:`argmax`. Values are differentiable, indices are not.

    Args:
        input: any shape and strides; the dtypes of :func:`argmax`, and bool.
        dim: the dimension to reduce.
        keepdim: keep the reduced dimension, with size 1.
        out: tensors for the values (of ``input``'s dtype) and the indices (int64).

    Returns:
        The named tuple ``(values, indices)``, each with the shape of ``input`` less ``dim``.

    Raises:
        IndexError: ``dim`` is out of range, or there is nothing to reduce.
        TypeError, RuntimeError: what torch raises for arguments and dtypes that it refuses.
    """
    return _extremum("max", input, dim, keepdim, out)


def min(
    input: Tensor, dim: int, keepdim: bool = False, *, out: tuple[Tensor, Tensor] | None = None
) -> torch.return_types.min:
    """Minimum along a dimension and its index, as ``torch.min(input, dim)``.

    Which minimum wins is as for :func:`argmin`. Arguments, result and errors are those of
    :func:`max`.
    """
    return _extremum("min", input, dim, keepdim, out)


_ops = torch.ops.torch_argmax
_fast = {"max": _C.max, "min": _C.min}
_functional = {
    "argmax": _ops.argmax.default,
    "argmin": _ops.argmin.default,
    "max": _ops.max.dim,
    "min": _ops.min.dim,
}


def _arg(name: str, input: Any, dim: Any, keepdim: Any, out: Any) -> Tensor:
    """What the fast call leaves: tracers, subclasses, modes, and arguments that are not plain."""
    out_fits = out is None or isinstance(out, Tensor)
    if not (out_fits and _is_signature(input, dim, keepdim, optional_dim=True)):
        return _as_torch(name, input, dim, keepdim, out)
    dim = None if dim is None else operator.index(dim)
    if out is None:
        return _functional[name](input, dim, keepdim)
    getattr(_ops, name).out(input, dim, keepdim, out=out)
    return out


def _extremum(name: str, input: Any, dim: Any, keepdim: Any, out: Any) -> Any:
    result_type = getattr(torch.return_types, name if out is None else f"{name}_out")
    out_fits = out is None or _is_pair(out)
    if out_fits and not is_dynamo_compiling():
        result = _fast[name](input, dim, keepdim, out)
        if result is not NotImplemented:
            return result_type(result)
    if not (out_fits and _is_signature(input, dim, keepdim, optional_dim=False)):
        return _as_torch(name, input, dim, keepdim, out)
    dim = operator.index(dim)
    if out is None:
        return result_type(_functional[name](input, dim, keepdim))
    values, indices = out
    if name == "max":
        _ops.max.dim_max(input, dim, keepdim, max=values, max_values=indices)
    else:
        _ops.min.dim_min(input, dim, keepdim, min=values, min_indices=indices)
    return result_type(out)


def _is_signature(input: Any, dim: Any, keepdim: Any, *, optional_dim: bool) -> bool:
    """Whether the arguments have the types that torch's signature asks for."""
    if not (isinstance(input, Tensor) or has_torch_function_unary(input)):
        return False
    is_dim = hasattr(dim, "__index__") and not isinstance(dim, bool)
    return isinstance(keepdim, bool) and (is_dim or (optional_dim and dim is None))


def _is_pair(out: Any) -> bool:
    return (
        isinstance(out, tuple | list)
        and len(out) == 2
        and all(isinstance(tensor, Tensor) for tensor in out)
    )


def _as_torch(name: str, input: Any, dim: Any, keepdim: Any, out: Any) -> Any:
    """The same call of torch's function, whose parser says what is wrong with the arguments."""
    arguments = (input, dim) if keepdim is False else (input, dim, keepdim)
    keywords = {} if out is None else {"out": out}
    return getattr(torch, name)(*arguments, **keywords)
