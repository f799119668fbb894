"""Results into tensors of the caller's."""

import warnings

import pytest
import torch

import torch_argmax


def _outs(op: str, shape, device: str, make=torch.empty):
    long = make(shape, dtype=torch.long, device=device)
    return long if op.startswith("arg") else (make(shape, device=device), long)


def _call(module, op: str, x: torch.Tensor, dim: int, out):
    result = getattr(module, op)(x, dim, out=out)
    for returned, given in zip(
        (result,) if op.startswith("arg") else result,
        (out,) if op.startswith("arg") else out,
        strict=True,
    ):
        assert returned is given or returned.data_ptr() == given.data_ptr()
    return (out,) if op.startswith("arg") else out


@pytest.fixture(params=["argmax", "argmin", "max", "min"])
def op(request: pytest.FixtureRequest) -> str:
    return request.param


def test_fills_out(op: str, device: str) -> None:
    x = torch.randn(6, 50, device=device)
    for ours, theirs in zip(
        _call(torch_argmax, op, x, 1, _outs(op, 6, device)),
        _call(torch, op, x, 1, _outs(op, 6, device)),
        strict=True,
    ):
        assert torch.equal(ours, theirs)


def test_resizes_with_the_warning_of_torch(op: str, device: str) -> None:
    x = torch.randn(6, 50, device=device)
    messages = []
    for module in (torch_argmax, torch):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            outs = _call(module, op, x, 1, _outs(op, 9, device))
        assert all(out.shape == (6,) for out in outs)
        messages.append([str(warning.message)[:120] for warning in caught])
    assert messages[0] == messages[1] and "was resized" in messages[0][0]


def test_resizes_an_empty_out_silently(op: str, device: str) -> None:
    x = torch.randn(6, 50, device=device)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        outs = _call(torch_argmax, op, x, 1, _outs(op, 0, device))
    assert torch.equal(outs[-1], getattr(torch, f"arg{op.removeprefix('arg')}")(x, 1))


def test_strided_out(op: str, device: str) -> None:
    x = torch.randn(3, 50, 4, device=device)
    base = _outs(op, (4, 6), device, torch.zeros)
    views = base.t()[::2] if op.startswith("arg") else tuple(b.t()[::2] for b in base)
    for out, expected in zip(
        _call(torch_argmax, op, x, 1, views),
        _call(torch, op, x, 1, _outs(op, (3, 4), device)),
        strict=True,
    ):
        assert torch.equal(out, expected)


def test_out_that_shares_memory_with_the_input(device: str) -> None:
    x = torch.randint(0, 9, (5, 5), device=device)
    expected = torch.argmax(x, 1)
    assert torch.equal(torch_argmax.argmax(x, 1, out=x[0]), expected)
    x = torch.randint(0, 9, (5, 5), device=device)
    expected = torch.max(x, 0)
    values, indices = torch_argmax.max(x, 0, out=(x[1], x[3]))
    assert torch.equal(values, expected.values) and torch.equal(indices, expected.indices)


def test_out_has_a_new_version(device: str) -> None:
    """Autograd must see that a tensor it saved was written to."""
    x = torch.randn(6, 50, device=device)
    out = torch.zeros(6, dtype=torch.long, device=device)
    before = out._version
    torch_argmax.argmax(x, 1, out=out)
    assert out._version > before


def test_named_tuples() -> None:
    x = torch.randn(3, 4)
    assert isinstance(torch_argmax.max(x, 1), torch.return_types.max)
    assert isinstance(torch_argmax.min(x, 1), torch.return_types.min)
    out = (torch.empty(3), torch.empty(3, dtype=torch.long))
    assert isinstance(torch_argmax.max(x, 1, out=out), torch.return_types.max_out)
    assert torch_argmax.max(x, dim=1, keepdim=True).indices.shape == (3, 1)
