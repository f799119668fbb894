"""Named shapes x layouts x value patterns: what every kernel is tested on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

DTYPES = [
    torch.bool,
    torch.uint8,
    torch.int8,
    torch.int16,
    torch.int32,
    torch.int64,
    torch.float16,
    torch.bfloat16,
    torch.float32,
    torch.float64,
]

# Shape and the dimensions to reduce. Sizes stand on both sides of what a kernel turns on: a vector
# of 16 bytes (or on a CPU 64), a warp, the 4 KB that end row_warp, a block's vectors, a 4-byte word
# of columns, a tile of 128 words or of 16 KB, and lengths that one block or task leaves to several.
SHAPES: dict[str, tuple[tuple[int, ...], tuple[int | None, ...]]] = {
    "scalar": ((), (None, 0, -1)),
    "single": ((1,), (None, 0)),
    "pair": ((2,), (None, 0)),
    "ones": ((1, 5, 1), (None, 0, 1, 2, -2)),
    "rows_1": ((7, 1), (1,)),
    "rows_2": ((1300, 2), (1,)),
    "rows_3": ((70, 3), (1,)),
    "rows_4": ((2500, 4), (1,)),
    "rows_8": ((1000, 8), (1,)),
    "rows_12": ((900, 12), (1,)),
    "rows_31": ((65, 31), (-1,)),
    "rows_64": ((33, 64), (1,)),
    "rows_129": ((33, 129), (1,)),
    "rows_1023": ((5, 1023), (1,)),
    "rows_1024": ((5, 1024), (1,)),
    "rows_4097": ((9, 4097), (1,)),
    "few_rows": ((2, 66000), (1,)),
    "one_row": ((1, 300003), (1, None)),
    "flat": ((100003,), (0, None)),
    "columns_1": ((50, 1), (0,)),
    "columns_2": ((300, 2), (0,)),
    "columns_16": ((6000, 16), (0,)),
    "columns_33": ((3, 100, 33), (1,)),
    "columns_127": ((64, 127), (0,)),
    "columns_513": ((40, 513), (0,)),
    "columns_2049": ((2, 33, 2049), (1,)),
    "columns_4095": ((30, 4095), (0,)),
    "columns_8191": ((9, 8191), (0,)),
    "columns_17000": ((5, 17000), (0,)),
    "columns_tall": ((70000, 3), (0,)),
    "slabs_narrow": ((11, 900, 33), (1,)),
    "slabs_wide": ((7, 130, 1030), (1,)),
    "slabs_short": ((20, 2, 2049), (1,)),
    "slabs_shared": ((50, 5, 1001), (1,)),
    "slabs_of_3": ((5, 3, 4100), (1,)),
    "slabs_of_4": ((9, 4, 2048), (1, 0)),
    "slabs_thin": ((7, 6000, 2), (1,)),
    "columns_short": ((500, 2, 9), (1,)),
    "images": ((3, 21, 15, 18), (1, None)),
    "vectors": ((5, 6, 64), (0, 1, None)),
    "cube": ((9, 8, 7), (0, 1, 2, None, -3)),
    "walk": ((23, 40, 101), (None,)),
    "walk_short": ((90, 70, 3), (None, 1)),
    "walk_long": ((2, 9001), (None,)),
    "walk_cubes": ((700, 3, 4, 3), (None,)),
    "six": ((3, 2, 4, 1, 5, 2), (0, 2, 3, 4, -1, None)),
}


def _at_offset(values: torch.Tensor) -> torch.Tensor:
    """Contiguous, one element past an aligned address."""
    storage = values.new_empty(values.numel() + 1)
    return storage[1:].view(values.shape).copy_(values)


def _reversed(values: torch.Tensor) -> torch.Tensor:
    """The first dimension fastest, as of a transposed matrix."""
    order = tuple(reversed(range(values.dim())))
    return values.permute(order).contiguous().permute(order)


def _padded(values: torch.Tensor) -> torch.Tensor:
    """Rows that are longer in memory, and begin past their start."""
    storage = values.new_empty((*values.shape[:-1], values.shape[-1] + 5))
    return storage[..., 3:-2].copy_(values)


def _stepped(values: torch.Tensor) -> torch.Tensor:
    """Every third element of the last dimension."""
    storage = values.new_empty((*values.shape[:-1], 3 * values.shape[-1]))
    return storage[..., 1::3].copy_(values)


def _sparse(values: torch.Tensor) -> torch.Tensor:
    """Every second of all but the last dimension, which begins past its start: nothing fuses."""
    *slower, last = values.shape
    storage = values.new_empty((*(2 * size + 1 for size in slower), last + 1))
    return storage[(*(slice(1, None, 2) for _ in slower), slice(1, None))].copy_(values)


def _rotated(values: torch.Tensor) -> torch.Tensor:
    """The first dimension fastest and the rest in order, as in channels_last."""
    return values.movedim(0, -1).contiguous().movedim(-1, 0)


def _expanded_first(values: torch.Tensor) -> torch.Tensor:
    return values[:1].expand(values.shape)


def _expanded_last(values: torch.Tensor) -> torch.Tensor:
    return values[..., :1].expand(values.shape)


LAYOUTS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "contiguous": lambda values: values,
    "at_offset": _at_offset,
    "reversed": _reversed,
    "rotated": _rotated,
    "padded": _padded,
    "stepped": _stepped,
    "sparse": _sparse,
    "expanded_first": _expanded_first,
    "expanded_last": _expanded_last,
}


def layouts_of(shape: tuple[int, ...]) -> list[str]:
    """Names of the layouts that mean something for a shape."""
    if not shape:
        return ["contiguous"]
    if len(shape) == 1:
        return ["contiguous", "at_offset", "stepped", "expanded_first"]
    return list(LAYOUTS)


def _along(shape: tuple[int, ...], dim: int | None, line: torch.Tensor) -> torch.Tensor:
    """Repeats a line of values along the reduced dimension (or over all elements)."""
    if dim is None or not shape:
        return line.reshape(shape)
    return line.reshape([-1 if i == dim % len(shape) else 1 for i in range(len(shape))]).expand(
        shape
    )


def _line_size(shape: tuple[int, ...], dim: int | None) -> int:
    if not shape:
        return 1
    return torch.Size(shape).numel() if dim is None else shape[dim]


def _range_of(dtype: torch.dtype) -> tuple[int, int]:
    if dtype == torch.bool:
        return 0, 1
    info = torch.iinfo(dtype)
    return info.min, info.max


def random(shape: tuple[int, ...], dtype: torch.dtype, generator: torch.Generator) -> torch.Tensor:
    """Normal for floating point, uniform over the whole range for integers."""
    if dtype.is_floating_point:
        return torch.randn(shape, generator=generator).to(dtype)
    low, high = _range_of(dtype)
    high = high if dtype == torch.int64 else high + 1
    return torch.randint(low, high, shape, generator=generator).to(dtype)


def _ties(shape: tuple[int, ...], dtype: torch.dtype, generator: torch.Generator) -> torch.Tensor:
    return torch.randint(0, 4, shape, generator=generator).to(dtype)


def _with(value: float, where: str, negative: bool = False) -> Callable:
    """A random tensor with `value` at places of the reduced dimension."""

    def make(shape, dim, dtype, generator):
        values = random(shape, dtype, generator)
        size = _line_size(shape, dim)
        marks = torch.zeros(size, dtype=torch.bool)
        positions = {"first": [0], "last": [-1], "middle": [size // 2, size // 2 - 1, -1]}
        if where == "some":
            marks = torch.rand(size, generator=generator) < 0.3
        elif where == "all":
            marks[:] = True
        else:
            marks[positions[where]] = True
        fill = torch.tensor(value, dtype=dtype)
        if negative:
            fill = -fill
        return torch.where(_along(shape, dim, marks), fill, values)

    return make


def _line(make_line: Callable[[int], torch.Tensor]) -> Callable:
    """A tensor whose values follow a line along the reduced dimension, clamped to the dtype."""

    def make(shape, dim, dtype, generator):
        line = make_line(_line_size(shape, dim))
        if not dtype.is_floating_point:
            line = line.clamp(*_range_of(dtype))
        return _along(shape, dim, line).to(dtype).contiguous()

    return make


def _signed_zeros(shape, dim, dtype, generator):
    return torch.where(torch.rand(shape, generator=generator) < 0.5, 0.0, -0.0).to(dtype)


def _infinities(shape, dim, dtype, generator):
    pick = torch.rand(shape, generator=generator)
    values = random(shape, dtype, generator)
    values = torch.where(pick < 0.2, torch.tensor(float("inf"), dtype=dtype), values)
    return torch.where(pick > 0.8, torch.tensor(float("-inf"), dtype=dtype), values)


def _extremes(shape, dim, dtype, generator):
    low, high = (torch.tensor(bound, dtype=dtype) for bound in _range_of(dtype))
    return torch.where(torch.rand(shape, generator=generator) < 0.5, low, high)


_EVERY: dict[str, Callable] = {
    "random": lambda shape, dim, dtype, generator: random(shape, dtype, generator),
    "ties": lambda shape, dim, dtype, generator: _ties(shape, dtype, generator),
    "ascending": _line(lambda size: torch.arange(size)),
    "descending": _line(lambda size: torch.arange(size, 0, -1)),
    "equal": lambda shape, dim, dtype, generator: torch.ones(shape, dtype=dtype),
}
_NAN = float("nan")
_FLOATING: dict[str, Callable] = {
    "nan_first": _with(_NAN, "first"),
    "nan_last": _with(_NAN, "last"),
    "nan_middle": _with(_NAN, "middle", negative=True),
    "nan_some": _with(_NAN, "some", negative=True),
    "nan_all": _with(_NAN, "all"),
    "signed_zeros": _signed_zeros,
    "infinities": _infinities,
    "all_minus_inf": _with(float("inf"), "all", negative=True),
    "all_inf": _with(float("inf"), "all"),
}
_INTEGRAL: dict[str, Callable] = {"extremes": _extremes}


def patterns_of(dtype: torch.dtype) -> dict[str, Callable]:
    """The value patterns of a dtype: `make(shape, dim, dtype, generator)` gives a tensor."""
    return {**_EVERY, **(_FLOATING if dtype.is_floating_point else _INTEGRAL)}


@dataclass(frozen=True)
class Case:
    """A tensor to reduce over a dimension, and the name that says how it came to be."""

    name: str
    x: torch.Tensor
    dim: int | None


def cases(shape_name: str, dtype: torch.dtype, device: str) -> Iterator[Case]:
    """Every dimension, layout and pattern of a named shape."""
    shape, dims = SHAPES[shape_name]
    generator = torch.Generator().manual_seed(len(shape_name))
    for pattern, make in patterns_of(dtype).items():
        for dim in dims:
            values = make(shape, dim, dtype, generator).to(device)
            for layout in layouts_of(shape):
                yield Case(f"{shape_name}-{layout}-{pattern}", LAYOUTS[layout](values), dim)


def first_winners(length: int, dtype: torch.dtype) -> Iterator[tuple[str, torch.Tensor]]:
    """Orders, and square inputs of that length whose winners along dim 1 are on the diagonal.

    From there on all are the same: ones, the greater of two negative numbers, or NaN.
    """
    ones = torch.ones((length, length)).triu()
    rows = {"max": [ones], "min": [1 - ones]}
    if dtype.is_signed:
        rows = {"max": [ones, ones - 2], "min": [1 - ones, -ones]}
    if dtype.is_floating_point:
        nans = ones.where(ones == 0, float("nan"))
        rows = {order: [*some, nans, -nans] for order, some in rows.items()}
    for order, inputs in rows.items():
        for x in inputs:
            yield order, x.to(dtype)
