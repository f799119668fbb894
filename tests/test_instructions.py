"""Every instruction set that this machine has gives the same results."""

import pytest
import torch
from cases import DTYPES, cases
from checks import assert_same, describe
from reference import arg_extremum, to_numpy

import torch_argmax


@pytest.mark.parametrize(
    "shape", ["rows_31", "rows_129", "rows_1023", "columns_127", "columns_33", "images"]
)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name", torch_argmax.instruction_sets())
def test_family(name: str, dtype: torch.dtype, shape: str) -> None:
    checked = 0
    with torch_argmax.force_instruction_set(name):
        assert torch_argmax.build_info()["instructions"] == name
        for case in cases(shape, dtype, "cpu"):
            x, dim = case.x, case.dim
            for order in ("max", "min"):
                if dtype == torch.bool and dim is None:
                    continue  # torch's max and min need a dim, and its argmax another dtype
                oracle = torch.from_numpy(arg_extremum(to_numpy(x), dim, order))
                call = f"{case.name}: {describe(order, x, dim, name)}"
                if dtype == torch.bool:
                    got = getattr(torch_argmax, order)(x, dim).indices
                else:
                    got = getattr(torch_argmax, f"arg{order}")(x, dim)
                assert_same(got, oracle, call, "NumPy")
                checked += 1
    assert checked > 0


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
