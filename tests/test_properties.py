"""Properties, over shapes, strides, dimensions and dtypes that nobody thought of."""

import torch
from cases import DTYPES
from checks import assert_same, assert_values, describe, serving_kernels
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import arg_extremum, to_numpy

import torch_argmax

SPECIAL = torch.tensor([float("nan"), float("inf"), float("-inf"), 0.0, -0.0, 1.0])
DEVICES = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]


@st.composite
def tensors(draw: st.DrawFn) -> torch.Tensor:
    """A view with drawn sizes, strides and offset of a buffer of few different values."""
    dtype = draw(st.sampled_from(DTYPES))
    sizes = draw(st.lists(st.integers(1, 9), max_size=5))
    if sizes and draw(st.booleans()):
        sizes[draw(st.integers(0, len(sizes) - 1))] = draw(st.integers(10, 3000))
    elements = 1
    for size in sizes:
        elements *= size
    sizes = sizes if elements <= 200_000 else [min(size, 9) for size in sizes]
    strides = [draw(st.sampled_from([0, 1, 2, 3, 7, 64, 513])) for _ in sizes]
    if draw(st.booleans()):  # the strides of a permuted contiguous tensor
        next_stride = 1
        for i in draw(st.permutations(range(len(sizes)))):
            strides[i] = next_stride
            next_stride *= sizes[i]
    offset = draw(st.integers(0, 17))
    extent = offset + 1 + sum((n - 1) * s for n, s in zip(sizes, strides, strict=True))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    if dtype.is_floating_point:
        buffer = SPECIAL[torch.randint(0, 6, (extent,), generator=generator)].to(dtype)
        if draw(st.booleans()):
            buffer = torch.randn(extent, generator=generator).to(dtype)
    else:
        buffer = torch.randint(0, 200, (extent,), generator=generator).to(dtype)
    return buffer.as_strided(sizes, strides, offset)


def _on(device: str, x: torch.Tensor) -> torch.Tensor:
    buffer = x.as_strided((x.untyped_storage().nbytes() // x.element_size(),), (1,), 0)
    return buffer.to(device).as_strided(x.size(), x.stride(), x.storage_offset())


@settings(deadline=None, max_examples=400)
@given(x=tensors(), data=st.data())
def test_equals_torch_and_numpy(x: torch.Tensor, data: st.DataObject) -> None:
    dims = [None, *range(-max(x.dim(), 1), max(x.dim(), 1))]
    dim = data.draw(st.sampled_from(dims), label="dim")
    order = data.draw(st.sampled_from(["max", "min"]), label="order")
    oracle = torch.from_numpy(arg_extremum(to_numpy(x), dim, order))
    for device in DEVICES:
        y = _on(device, x)
        for kernel in serving_kernels(y, dim):
            with torch_argmax.force_kernel(kernel):
                if x.dtype != torch.bool:
                    call = describe(f"arg{order}", y, dim, kernel)
                    got = getattr(torch_argmax, f"arg{order}")(y, dim)
                    assert_same(got.cpu(), oracle, call, "NumPy")
                    assert_same(got, getattr(torch, f"arg{order}")(y, dim), call, "torch")
                if dim is not None:
                    call = describe(order, y, dim, kernel)
                    values, indices = getattr(torch_argmax, order)(y, dim)
                    assert_same(indices.cpu(), oracle, call, "NumPy")
                    assert_values(values, indices, y, dim, call)


@settings(deadline=None, max_examples=100)
@given(x=tensors())
def test_minimum_is_the_maximum_of_the_reverse(x: torch.Tensor) -> None:
    if x.dtype == torch.bool:
        return
    reverse = -x if x.dtype.is_floating_point else ~x
    assert torch.equal(torch_argmax.argmin(x), torch_argmax.argmax(reverse))
