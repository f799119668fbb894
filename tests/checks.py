"""Comparisons that say what differed, and where."""

import torch

import torch_argmax


def describe(op: str, x: torch.Tensor, dim: int | None, kernel: str | None) -> str:
    """A call, in the words of a failure."""
    return (
        f"{op} of shape {tuple(x.shape)}, strides {x.stride()}, {x.dtype}, {x.device}, dim {dim}, "
        f"kernel {kernel or 'as planned'}"
    )


def assert_same(got: torch.Tensor, expected: torch.Tensor, call: str, referee: str) -> None:
    """Indices are equal everywhere, and come as torch's do."""
    assert got.dtype == expected.dtype and got.shape == expected.shape, (
        f"{call}: got {got.dtype} {tuple(got.shape)}, "
        f"{referee} gives {expected.dtype} {tuple(expected.shape)}"
    )
    assert got.is_contiguous(), f"{call}: the result is not contiguous"
    if torch.equal(got, expected):
        return
    where = tuple((got != expected).nonzero()[0].tolist())
    raise AssertionError(
        f"{call}: at {where} got {got[where].item()}, {referee} gives {expected[where].item()} "
        f"({int((got != expected).sum())} of {got.numel()} differ)"
    )


def assert_values(
    values: torch.Tensor, indices: torch.Tensor, x: torch.Tensor, dim: int, call: str
):
    """Values are the elements at the indices, to the sign of a zero and the payload of a NaN."""
    assert values.dtype == x.dtype and values.shape == indices.shape, call
    assert values.is_contiguous(), f"{call}: the values are not contiguous"
    # As integers: a gather of floats may rewrite a NaN.
    bits = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[x.element_size()]
    kept = indices.unsqueeze(dim) if x.dim() else indices
    expected = x.view(bits).gather(dim, kept).reshape(indices.shape)
    assert torch.equal(values.view(bits), expected), (
        f"{call}: values are not the elements at the indices"
    )


def serving_kernels(x: torch.Tensor, dim: int | None) -> list[str]:
    """Names of the kernels that can be forced on this problem."""
    names = []
    for name in torch_argmax.kernels(x.device):
        try:
            with torch_argmax.force_kernel(name):
                torch_argmax.explain(x, dim)
        except ValueError:
            continue
        names.append(name)
    return names
