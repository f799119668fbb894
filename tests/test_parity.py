"""Every op, dtype, device and kernel, on every case it serves: exactly as torch and NumPy."""

import pytest
import torch
from cases import DTYPES, SHAPES, cases
from checks import assert_same, assert_values, describe, serving_kernels
from reference import arg_extremum, to_numpy

import torch_argmax


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", SHAPES)
def test_family(shape: str, dtype: torch.dtype, device: str) -> None:
    checked = 0
    for case in cases(shape, dtype, device):
        x, dim = case.x, case.dim
        elements = to_numpy(x)
        kernels = [None, *serving_kernels(x, dim)]
        assert len(kernels) > 1, case.name
        for order in ("max", "min"):
            oracle = torch.from_numpy(arg_extremum(elements, dim, order)).to(device)
            for kernel in kernels:
                _check(case.name, f"arg{order}", order, x, dim, kernel, oracle)
                checked += 1
    assert checked > 0


def _check(name, arg_op, order, x, dim, kernel, oracle) -> None:
    with torch_argmax.force_kernel(kernel or ""):
        if x.dtype != torch.bool:
            call = f"{name}: {describe(arg_op, x, dim, kernel)}"
            got = getattr(torch_argmax, arg_op)(x, dim)
            assert_same(got, oracle, call, "NumPy")
            if kernel is None:
                assert_same(got, getattr(torch, arg_op)(x, dim), call, "torch")
        if dim is not None:
            call = f"{name}: {describe(order, x, dim, kernel)}"
            values, indices = getattr(torch_argmax, order)(x, dim)
            assert_same(indices, oracle, call, "NumPy")
            assert_values(values, indices, x, dim, call)
            if kernel is None:
                expected = getattr(torch, order)(x, dim)
                assert_same(indices, expected.indices, call, "torch")
                assert torch.equal(values.isnan(), expected.values.isnan()), call
                assert torch.equal(values.nan_to_num(0), expected.values.nan_to_num(0)), call


@pytest.mark.parametrize("op", ["argmax", "argmin", "max", "min"])
@pytest.mark.parametrize("shape", [(), (1,), (5,), (4, 7), (3, 4, 5)], ids=str)
def test_keepdim(op: str, shape: tuple[int, ...], device: str) -> None:
    x = torch.randn(shape, device=device)
    dims = [*range(-max(len(shape), 1), max(len(shape), 1))]
    for dim in dims if op in ("max", "min") else [None, *dims]:
        got = getattr(torch_argmax, op)(x, dim, keepdim=True)
        expected = getattr(torch, op)(x, dim, keepdim=True)
        pairs = [(got, expected)] if op.startswith("arg") else zip(got, expected, strict=True)
        for ours, theirs in pairs:
            assert ours.shape == theirs.shape and torch.equal(ours, theirs), (op, shape, dim)


def test_more_than_65535_outer_slices(device: str) -> None:
    x = torch.randint(0, 3, (70001, 5, 2), device=device, dtype=torch.int8)
    for dim in (1, 2):
        for kernel in serving_kernels(x, dim):
            with torch_argmax.force_kernel(kernel):
                call = describe("argmax", x, dim, kernel)
                assert_same(torch_argmax.argmax(x, dim), torch.argmax(x, dim), call, "torch")


def test_many_dimensions(device: str) -> None:
    """Strides that do not fuse, in more dimensions than most software has room for."""
    x = torch.randn((2,) * 14, device=device).permute(*range(0, 14, 2), *range(13, 0, -2))
    for dim in (None, 0, 6, 13):
        for kernel in serving_kernels(x, dim):
            with torch_argmax.force_kernel(kernel):
                call = describe("argmin", x, dim, kernel)
                assert_same(torch_argmax.argmin(x, dim), torch.argmin(x, dim), call, "torch")


def test_overlapping_windows(device: str) -> None:
    """A view in which elements belong to several rows at once."""
    x = torch.randn(500, device=device).unfold(0, 40, 3)
    for dim in (0, 1, None):
        for kernel in serving_kernels(x, dim):
            with torch_argmax.force_kernel(kernel):
                call = describe("argmax", x, dim, kernel)
                assert_same(torch_argmax.argmax(x, dim), torch.argmax(x, dim), call, "torch")


@pytest.mark.parametrize("dtype", [torch.int8, torch.float16, torch.float32], ids=str)
@pytest.mark.parametrize("begin", [0, 1, 3])
def test_winner_at_the_ends_of_memory(begin: int, dtype: torch.dtype, device: str) -> None:
    """Where a vector would reach beyond the tensor, in views that are walked as memory lies."""
    planes, rows, columns = 7, 11, 61
    size = planes * rows * columns
    storage = torch.empty(begin + size, dtype=dtype, device=device)
    whole = storage[begin:].view(planes, rows, columns)
    for view in (whole.permute(2, 0, 1), whole[:, :, 1:-1], whole.permute(1, 0, 2)[:, :, 3:]):
        linear = torch.arange(size, device=device).as_strided(
            view.shape, view.stride(), view.storage_offset() - begin
        )
        positions = linear.flatten().sort().values.tolist()
        for position in positions[:20] + positions[-20:]:
            storage.random_(0, 5)
            storage[begin + position] = 7
            wanted = torch.argmax(view)
            for kernel in serving_kernels(view, None):
                with torch_argmax.force_kernel(kernel):
                    call = describe("argmax", view, None, kernel)
                    assert_same(torch_argmax.argmax(view), wanted, call, "torch")


def test_is_deterministic(device: str) -> None:
    x = torch.randint(0, 2, (3, 200000), device=device, dtype=torch.int16)
    first = torch_argmax.argmax(x, 1)
    for _ in range(20):
        assert torch.equal(torch_argmax.argmax(x, 1), first)
