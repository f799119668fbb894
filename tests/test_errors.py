"""What torch refuses we refuse, with its words and its types, and before anything is launched."""

import re

import pytest
import torch

import torch_argmax

OPS = ["argmax", "argmin", "max", "min"]


def outcome(function, *arguments, **keywords):
    """The error that a call raises, or its result."""
    try:
        return function(*arguments, **keywords)
    except Exception as error:
        return error


def assert_same_error(ours, theirs) -> None:
    assert isinstance(theirs, Exception), f"torch accepts it: {theirs}"
    assert isinstance(ours, Exception), f"torch refuses it ({theirs!r}), we gave {ours}"
    assert isinstance(ours, type(theirs)), (ours, theirs)
    assert str(ours) == str(theirs)


@pytest.mark.parametrize("op", OPS)
def test_dim_out_of_range(op: str, device: str) -> None:
    for shape, dim in [((3, 4), 2), ((3, 4), -3), ((), 1), ((), -2), ((5,), 7)]:
        x = torch.zeros(shape, device=device)
        ours, theirs = (outcome(getattr(m, op), x, dim) for m in (torch_argmax, torch))
        assert isinstance(ours, IndexError)
        assert_same_error(ours, theirs)


@pytest.mark.parametrize("op", OPS)
def test_nothing_to_reduce(op: str, device: str) -> None:
    for shape, dim in [((3, 0), 1), ((0,), 0), ((0, 0), -1), ((2, 0, 3), 1)]:
        x = torch.zeros(shape, device=device)
        ours, theirs = (outcome(getattr(m, op), x, dim) for m in (torch_argmax, torch))
        assert isinstance(ours, IndexError)
        assert_same_error(ours, theirs)
    if op.startswith("arg"):
        x = torch.zeros(0, 3, device=device)
        assert_same_error(*(outcome(getattr(m, op), x) for m in (torch_argmax, torch)))


@pytest.mark.parametrize("op", OPS)
def test_empty_results(op: str, device: str) -> None:
    for shape, dim in [((3, 0), 0), ((0, 5), 1), ((0, 5), -1), ((2, 0, 3), 2)]:
        for keepdim in (False, True):
            x = torch.zeros(shape, device=device)
            ours = getattr(torch_argmax, op)(x, dim, keepdim)
            theirs = getattr(torch, op)(x, dim, keepdim)
            pairs = [(ours, theirs)] if op.startswith("arg") else zip(ours, theirs, strict=True)
            for mine, other in pairs:
                assert mine.shape == other.shape and mine.dtype == other.dtype
                assert mine.device == other.device


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize(
    "dtype",
    [
        torch.bool,
        torch.complex64,
        torch.complex128,
        torch.uint16,
        torch.uint32,
        torch.uint64,
        torch.float8_e4m3fn,
        torch.float8_e5m2,
    ],
    ids=str,
)
def test_dtypes_that_torch_refuses(op: str, dtype: torch.dtype, device: str) -> None:
    if dtype == torch.bool and op in ("max", "min"):
        return  # torch accepts it, and test_parity tests it
    x = torch.zeros(3, 4, device=device).to(dtype)
    for arguments in [(1,), (0, True), ()] if op.startswith("arg") else [(1,), (0, True)]:
        ours, theirs = (outcome(getattr(m, op), x, *arguments) for m in (torch_argmax, torch))
        assert_same_error(ours, theirs)


@pytest.mark.parametrize("dtype", [torch.uint16, torch.float8_e5m2], ids=str)
def test_any_dtype_if_the_dimension_has_size_one(dtype: torch.dtype, device: str) -> None:
    x = torch.zeros(1, 4, device=device).to(dtype)
    ours, theirs = torch_argmax.argmax(x, 0), torch.argmax(x, 0)
    assert torch.equal(ours, theirs) and ours.dtype == theirs.dtype


@pytest.mark.parametrize("op", ["argmax", "argmin"])
def test_argument_types(op: str) -> None:
    x = torch.zeros(3, 4)
    for arguments in [
        (x, (0, 1)),
        (x, 1.0),
        (x, True),
        (x, "1"),
        ([1.0, 2.0], 0),
        (None, 0),
        (x, 0, 1),
        (x, 0, None),
    ]:
        ours, theirs = (outcome(getattr(m, op), *arguments) for m in (torch_argmax, torch))
        assert isinstance(ours, TypeError)
        assert_same_error(ours, theirs)


@pytest.mark.parametrize("op", ["max", "min"])
def test_argument_types_of_extrema(op: str) -> None:
    x = torch.zeros(3, 4)
    for arguments in [(x, (0, 1)), (x, 1.0), (x, True), ([1.0], 0), (x, 0, 1)]:
        ours, theirs = (outcome(getattr(m, op), *arguments) for m in (torch_argmax, torch))
        assert isinstance(ours, TypeError)
        assert_same_error(ours, theirs)
    ours, theirs = (outcome(getattr(m, op), x, 1, out=(x,)) for m in (torch_argmax, torch))
    assert_same_error(ours, theirs)


def test_integers_that_are_not_ints() -> None:
    class Two:
        def __index__(self) -> int:
            return 2

    x = torch.randn(3, 4, 5)
    assert torch.equal(torch_argmax.argmax(x, Two()), torch.argmax(x, 2))
    assert torch.equal(torch_argmax.argmax(x, torch.tensor(1).numpy()[()]), torch.argmax(x, 1))


@pytest.mark.parametrize("op", ["argmax", "max"])
def test_out_of_wrong_dtype_or_device(op: str, device: str) -> None:
    x = torch.randn(3, 4, device=device)
    long = torch.empty(3, dtype=torch.long, device=device)
    floats = torch.empty(3, device=device)
    if op == "argmax":
        outs, elsewhere = [floats, long.int()], long.to("meta")
    else:
        outs, elsewhere = [(floats, long.int()), (floats.double(), long)], (floats.to("meta"), long)
    for out in outs:
        ours, theirs = (outcome(getattr(m, op), x, 1, out=out) for m in (torch_argmax, torch))
        assert_same_error(ours, theirs)
    # torch 2.15 has other words for this in max than in argmax; both refuse.
    assert isinstance(outcome(getattr(torch, op), x, 1, out=elsewhere), RuntimeError)
    with pytest.raises(RuntimeError, match=r"Expected out tensor to have device .* but got meta"):
        getattr(torch_argmax, op)(x, 1, out=elsewhere)


def test_layouts_that_torch_has_no_argmax_for() -> None:
    for x in [torch.eye(3).to_sparse(), torch.eye(3).to_sparse_csr()]:
        with pytest.raises(NotImplementedError, match=re.escape("Could not run")):
            torch_argmax.argmax(x, 1)
