"""PyTorch's own samples for these operators, through our functions."""

import pytest
import torch
from checks import assert_same
from torch.testing._internal.common_methods_invocations import op_db

import torch_argmax

ENTRIES = [
    op
    for op in op_db
    if (op.name in ("argmax", "argmin"))
    or (op.name in ("max", "min") and op.variant_test_name == "reduction_with_dim")
]


def test_all_four_are_there() -> None:
    assert {op.name for op in ENTRIES} == {"argmax", "argmin", "max", "min"}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda op: op.name)
def test_samples(entry, device: str) -> None:
    ours = getattr(torch_argmax, entry.name)
    checked = 0
    for dtype in entry.supported_dtypes(device):
        for sample in entry.sample_inputs(device, dtype, requires_grad=dtype.is_floating_point):
            got = ours(sample.input, *sample.args, **sample.kwargs)
            expected = entry.op(sample.input, *sample.args, **sample.kwargs)
            call = f"{entry.name} of {sample}"
            if isinstance(expected, torch.Tensor):
                assert_same(got, expected, call, "torch")
            else:
                assert type(got) is type(expected)
                assert_same(got.indices, expected.indices, call, "torch")
                assert torch.equal(got.values, expected.values), call
            checked += 1
    assert checked >= 20
