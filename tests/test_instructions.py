"""Every instruction set that this machine has gives the same results."""

import pytest
import torch
from cases import DTYPES, cases, first_winners
from checks import assert_same, assert_values, describe
from reference import arg_extremum, to_numpy

import torch_argmax

# Rows of less than 8, 16, 32 and 64 bytes, of one to nine vectors, of one chunk and of several;
# columns of less than a vector, of one row, of several that are read together, of a tile and more,
# and of more rows than a byte counts; runs along which several dimensions are reduced.
SHAPES = [
    "single",
    "rows_1",
    "rows_3",
    "rows_8",
    "rows_31",
    "rows_64",
    "rows_129",
    "rows_1023",
    "rows_4097",
    "few_rows",
    "columns_2",
    "columns_16",
    "columns_33",
    "columns_127",
    "columns_8191",
    "columns_17000",
    "slabs_narrow",
    "columns_short",
    "images",
    "cube",
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_family(dtype: torch.dtype, shape: str) -> None:
    checked = 0
    for case in cases(shape, dtype, "cpu"):
        elements = to_numpy(case.x)
        for order in ("max", "min"):
            oracle = torch.from_numpy(arg_extremum(elements, case.dim, order))
            for name in torch_argmax.instruction_sets():
                with torch_argmax.force_instruction_set(name):
                    assert torch_argmax.build_info()["instructions"] == name
                    call = f"{case.name}: {describe(order, case.x, case.dim, name)}"
                    _check(order, case.x, case.dim, oracle, call)
                    checked += 1
    assert checked > 0


def _check(order: str, x: torch.Tensor, dim: int | None, oracle: torch.Tensor, call: str) -> None:
    if dim is not None:
        values, indices = getattr(torch_argmax, order)(x, dim)
        assert_same(indices, oracle, call, "NumPy")
        assert_values(values, indices, x, dim, call)
    elif x.dtype != torch.bool:  # torch's argmax takes none
        assert_same(getattr(torch_argmax, f"arg{order}")(x), oracle, call, "NumPy")


@pytest.mark.parametrize("order", ["max", "min"])
@pytest.mark.parametrize("dtype", [d for d in DTYPES if d.itemsize <= 2], ids=str)
@pytest.mark.parametrize("name", torch_argmax.instruction_sets())
def test_every_element_is_ordered(name: str, dtype: torch.dtype, order: str) -> None:
    """Pairs of all 8-bit elements, and of all 16-bit ones with some that are near and far."""
    every = torch.arange(256**dtype.itemsize, dtype=torch.int32)
    every = every.to(torch.uint8 if dtype.itemsize == 1 else torch.uint16).view(dtype)
    if dtype == torch.bool:
        every = every[:2]
    distances = range(256) if dtype.itemsize == 1 else [*range(1, 9), 0x3FF, 0x7FFF, 0x8000, 0x8001]
    pairs = torch.cat([torch.stack((every, every.roll(distance)), 1) for distance in distances])
    with torch_argmax.force_instruction_set(name):
        for x, dim in ((pairs, 1), (pairs.t().contiguous(), 0)):
            oracle = torch.from_numpy(arg_extremum(to_numpy(x), dim, order))
            call = describe(order, x, dim, name)
            assert_same(getattr(torch_argmax, order)(x, dim).indices, oracle, call, "NumPy")


@pytest.mark.parametrize("name", torch_argmax.instruction_sets())
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_place_of_a_row(dtype: torch.dtype, name: str) -> None:
    """One winner at each place of rows, and of columns, of every length about a vector's."""
    with torch_argmax.force_instruction_set(name):
        for length in [*range(1, 70), 127, 128, 129, 576, 577, 640, 1024, 1025, 2049]:
            x = torch.eye(length, dtype=torch.float32).to(dtype)
            places = torch.arange(length)
            for dim in (0, 1):
                call = describe("max", x, dim, name)
                values, indices = torch_argmax.max(x, dim)
                assert_same(indices, places, call, "the diagonal")
                assert_values(values, indices, x, dim, call)


@pytest.mark.parametrize("name", torch_argmax.instruction_sets())
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_first_of_a_row(dtype: torch.dtype, name: str) -> None:
    """In parts, chunks and vectors."""
    with torch_argmax.force_instruction_set(name):
        for length in (300, 577, 1000, 1500, 2049):
            for order, x in first_winners(length, dtype):
                call = describe(order, x, 1, name)
                indices = getattr(torch_argmax, order)(x, 1).indices
                assert_same(indices, torch.arange(length), call, "the diagonal")


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_groups_of_rows(dtype: torch.dtype) -> None:
    """Short rows of every length, in groups and a rest, side by side and apart."""
    generator = torch.Generator().manual_seed(0)
    for length in [*range(1, 34), 47, 63, 64, 65, 96, 97, 192, 193]:
        for gap in (0, 1, 70):
            storage = torch.randint(0, 4, (5 * 64 + 17, length + gap), generator=generator)
            if dtype.is_floating_point:
                storage = torch.where(storage == 3, float("nan"), 0.0 - storage)
                storage[: 4 * 64].nan_to_num_(-0.0)
            x = storage.to(dtype)[:, gap:]
            _check_all_sets(x, 1)


@pytest.mark.parametrize("name", torch_argmax.instruction_sets())
def test_blocks_of_rows(name: str) -> None:
    """Rows past those that an index of an element's width counts."""
    with torch_argmax.force_instruction_set(name):
        for dtype, length in ((torch.int8, 1000), (torch.float16, 140_000)):
            x = torch.zeros((length, 100), dtype=dtype)
            places = torch.arange(100) * (length // 100)
            x[places, torch.arange(100)] = 1
            call = describe("argmax", x, 0, name)
            assert_same(torch_argmax.argmax(x, 0), places, call, "the places of the ones")
            assert not torch_argmax.argmin(x, 0)[1:].any()


@pytest.mark.parametrize("dtype", [d for d in DTYPES if d.is_floating_point], ids=str)
def test_nan_in_columns(dtype: torch.dtype) -> None:
    """Columns of few rows and of more than a block, of which some have NaNs: each in a row of its
    own, and more behind it; the others have ties and both zeros."""
    generator = torch.Generator().manual_seed(0)
    for rows in (2, 3, 5, 6, 7, 8, 9, 100, 1023, 1024, 1025, 2100):
        for width in (16, 100):
            x = torch.randint(-2, 3, (rows, width), generator=generator) * -1.0
            for column in range(0, width, 3):
                first = (rows - 1) * column // width
                x[first, column] = float("nan")
                x[first + 1 :: 5, column] = -float("nan")
            for some in (x, x[: rows // 2], torch.where(x == x, x, 0.0)):
                _check_all_sets(some.to(dtype), 0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_one_nan_in_columns(dtype: torch.dtype) -> None:
    """In each row of those that are read together, in each vector."""
    for rows in (6, 13, 1030):
        for width in (37, 64):
            for row in {*range(min(rows, 10)), rows // 2, rows - 2, rows - 1}:
                for column in range(row % 3, width, 5):
                    x = torch.zeros((rows, width), dtype=dtype)
                    x[row, column] = float("nan")
                    places = torch.zeros(width, dtype=torch.int64)
                    places[column] = row
                    for name in torch_argmax.instruction_sets():
                        with torch_argmax.force_instruction_set(name):
                            call = describe("argmin", x, 0, name)
                            assert_same(torch_argmax.argmin(x, 0), places, call, "the NaN")


def _check_all_sets(x: torch.Tensor, dim: int) -> None:
    for order in ("max", "min"):
        oracle = torch.from_numpy(arg_extremum(to_numpy(x), dim, order))
        for name in torch_argmax.instruction_sets():
            with torch_argmax.force_instruction_set(name):
                call = describe(order, x, dim, name)
                values, indices = getattr(torch_argmax, order)(x, dim)
                assert_same(indices, oracle, call, "NumPy")
                assert_values(values, indices, x, dim, call)
                if x.dtype != torch.bool:  # writes no values, so in another way
                    indices = getattr(torch_argmax, f"arg{order}")(x, dim)
                    assert_same(indices, oracle, call, "NumPy")


def test_the_best_is_in_use() -> None:
    assert torch_argmax.build_info()["instructions"] == torch_argmax.instruction_sets()[-1]
    assert torch_argmax.instruction_sets()[0] == "baseline"


def test_others_are_refused() -> None:
    with (
        pytest.raises(ValueError, match="no instruction set 'mmx'"),
        torch_argmax.force_instruction_set("mmx"),
    ):
        pass
    test_the_best_is_in_use()
