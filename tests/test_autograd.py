"""Gradients: values have those of torch, indices have none."""

import pytest
import torch

import torch_argmax


@pytest.mark.parametrize("op", ["max", "min"])
@pytest.mark.parametrize("shape, dim", [((5, 7), 1), ((5, 7), 0), ((4, 3, 2), -2), ((), 0)])
@pytest.mark.parametrize("keepdim", [False, True])
def test_gradients(op: str, shape, dim: int, keepdim: bool, device: str) -> None:
    x = torch.randn(shape, device=device, dtype=torch.float64, requires_grad=True)
    y = x.detach().clone().requires_grad_()
    ours, theirs = getattr(torch_argmax, op)(x, dim, keepdim), getattr(torch, op)(y, dim, keepdim)
    assert torch.equal(ours.values, theirs.values) and ours.values.requires_grad
    assert not ours.indices.requires_grad
    upstream = torch.randn_like(ours.values)
    ours.values.backward(upstream)
    theirs.values.backward(upstream)
    assert torch.equal(x.grad, y.grad)


def test_every_order_of_differentiation(device: str) -> None:
    x = torch.randn(4, 6, device=device, dtype=torch.float64, requires_grad=True)

    def squared_maxima(x: torch.Tensor) -> torch.Tensor:
        return torch_argmax.max(x, 1).values ** 2

    torch.autograd.gradcheck(squared_maxima, (x,), check_forward_ad=True)
    torch.autograd.gradgradcheck(squared_maxima, (x,))


def test_indices_never_require_grad(device: str) -> None:
    x = torch.randn(4, 6, device=device, requires_grad=True)
    assert not torch_argmax.argmax(x, 1).requires_grad
    assert not torch_argmax.argmin(x).requires_grad
    with torch.no_grad():
        assert not torch_argmax.max(x, 1).values.requires_grad


def test_out_refuses_to_differentiate(device: str) -> None:
    x = torch.randn(3, 4, device=device, requires_grad=True)
    out = (torch.empty(3, device=device), torch.empty(3, dtype=torch.long, device=device))
    messages = []
    for module in (torch_argmax, torch):
        with pytest.raises(RuntimeError, match="don't support automatic differentiation") as error:
            module.max(x, 1, out=out)
        messages.append(str(error.value))
    assert messages[0] == messages[1]
    torch_argmax.argmax(x, 1, out=out[1])  # an index has no gradient to lose


def test_inference_mode(device: str) -> None:
    with torch.inference_mode():
        x = torch.randn(3, 400, device=device)
        assert torch.equal(torch_argmax.max(x, 1).indices, torch.max(x, 1).indices)
