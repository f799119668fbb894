"""At home in PyTorch: opcheck, compile, export, vmap, subclasses, modes, meta and fake tensors."""

import copy
from typing import ClassVar

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

import torch_argmax

ops = torch.ops.torch_argmax


def _samples(device: str):
    x = torch.randn(3, 4, 5, device=device)
    yield x
    yield x.permute(2, 0, 1)
    yield x.half()
    yield x[:, ::2]
    yield torch.randint(0, 9, (6, 7), device=device)
    yield torch.randn(4, 6, device=device, requires_grad=True)


@pytest.mark.parametrize("op", ["argmax", "argmin"])
def test_opcheck_of_indices(op: str, device: str) -> None:
    for x in _samples(device):
        for arguments in [(x,), (x, 1), (x, -1, True), (x, None, True)]:
            torch.library.opcheck(getattr(ops, op).default, arguments)
        out = torch.empty(x.shape[1:], dtype=torch.long, device=device)
        torch.library.opcheck(getattr(ops, op).out, (x.detach(), 0), {"out": out})


@pytest.mark.parametrize("op", ["max", "min"])
def test_opcheck_of_extrema(op: str, device: str) -> None:
    overload = getattr(getattr(ops, op), f"dim_{op}")
    names = ("max", "max_values") if op == "max" else ("min", "min_indices")
    for x in _samples(device):
        for arguments in [(x, 1), (x, -1, True)]:
            torch.library.opcheck(getattr(ops, op).dim, arguments)
        values = torch.empty(x.shape[1:], dtype=x.dtype, device=device)
        indices = torch.empty(x.shape[1:], dtype=torch.long, device=device)
        torch.library.opcheck(
            overload, (x.detach(), 0), dict(zip(names, (values, indices), strict=True))
        )


def test_compile_in_one_graph(device: str) -> None:
    def everything(x: torch.Tensor):
        return (
            torch_argmax.argmax(x, 1),
            torch_argmax.argmin(x),
            torch_argmax.max(x, 0).values * 2,
            torch_argmax.min(x, -1, keepdim=True).indices,
        )

    compiled = torch.compile(everything, fullgraph=True, dynamic=True)
    for shape in [(5, 9), (6, 4), (17, 33)]:
        x = torch.randn(shape, device=device)
        for got, expected in zip(compiled(x), everything(x), strict=True):
            assert torch.equal(got, expected)


def test_compile_copies_no_input(device: str) -> None:
    """A permuted input reaches the op with the strides that it has."""
    seen = []

    class Strides(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            if func is ops.argmax.default:
                seen.append(args[0].stride())
            return func(*args, **(kwargs or {}))

    x = torch.randn(8, 6, 4, device=device).permute(2, 0, 1)
    compiled = torch.compile(lambda x: torch_argmax.argmax(x, 1), fullgraph=True)
    expected = torch.argmax(x, 1)
    assert torch.equal(compiled(x), expected)
    with Strides():
        torch_argmax.argmax(x, 1)
    assert seen == [x.stride()]


def test_compile_with_out(device: str) -> None:
    @torch.compile(fullgraph=True)
    def into(x: torch.Tensor, out: torch.Tensor) -> torch.Tensor:
        torch_argmax.argmax(x, 1, out=out)
        return out + 1

    x = torch.randn(5, 9, device=device)
    out = torch.zeros(5, dtype=torch.long, device=device)
    assert torch.equal(into(x, out), torch.argmax(x, 1) + 1)
    assert torch.equal(out, torch.argmax(x, 1))


def test_compiled_gradient(device: str) -> None:
    x = torch.randn(5, 9, device=device, requires_grad=True)
    y = x.detach().clone().requires_grad_()
    torch.compile(lambda x: torch_argmax.max(x, 1).values.exp().sum(), fullgraph=True)(x).backward()
    torch.max(y, 1).values.exp().sum().backward()
    assert torch.allclose(x.grad, y.grad)


def test_export_with_dynamic_shapes() -> None:
    model = torch_argmax.ModelNew(1)
    batch = torch.export.Dim("batch", min=2)
    program = torch.export.export(
        model, (torch.randn(4, 7, 3),), dynamic_shapes={"x": {0: batch}}, strict=False
    )
    x = torch.randn(9, 7, 3)
    assert torch.equal(program.module()(x), torch.argmax(x, 1))


def test_symbolic_trace() -> None:
    traced = torch.fx.symbolic_trace(torch_argmax.ModelNew(1))
    x = torch.randn(4, 7, 3)
    assert torch.equal(traced(x), torch.argmax(x, 1))
    assert any(node.target is ops.argmax.default for node in traced.graph.nodes)


def test_fake_and_meta_tensors() -> None:
    with FakeTensorMode():
        x = torch.empty(3, 4, 5, device="cuda").permute(2, 0, 1)
        indices = torch_argmax.argmax(x, 1)
        assert indices.shape == (5, 4) and indices.device.type == "cuda"
        assert indices.dtype == torch.long and indices.is_contiguous()
        with pytest.raises(IndexError, match="Expected reduction dim 0 to have non-zero size"):
            torch_argmax.max(x[:0], 0)
    values, indices = torch_argmax.max(torch.empty(3, 4, device="meta"), 1, keepdim=True)
    assert values.shape == indices.shape == (3, 1) and values.device.type == "meta"


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("dim", [None, 0, 1, -1])
@pytest.mark.parametrize("in_dim", [0, 1, 2, -1])
def test_vmap(in_dim: int, dim: int | None, keepdim: bool, device: str) -> None:
    x = torch.randint(0, 9, (5, 6, 7), device=device)
    examples = x.movedim(in_dim, 0)
    for op in ["argmax", "argmin"] + (["max", "min"] if dim is not None else []):

        def call(example, op=op):
            result = getattr(torch_argmax, op)(example, dim, keepdim)
            return result if op.startswith("arg") else tuple(result)

        got = torch.vmap(call, in_dims=in_dim)(x)
        expected = [call(example) for example in examples]
        if op.startswith("arg"):
            assert torch.equal(got, torch.stack(expected))
        else:
            for i in range(2):
                assert torch.equal(got[i], torch.stack([pair[i] for pair in expected]))


def test_vmap_of_scalars_and_of_gradients() -> None:
    x = torch.randn(5)
    for dim, keepdim in [(None, False), (None, True), (0, False), (-1, True)]:
        got = torch.vmap(lambda a, dim=dim, keep=keepdim: torch_argmax.argmax(a, dim, keep))(x)
        assert torch.equal(got, torch.zeros(5, dtype=torch.long))
    with pytest.raises(IndexError, match="Dimension out of range"):
        torch.vmap(lambda a: torch_argmax.argmax(a, 1))(x)
    y = torch.randn(4, 6)
    got = torch.vmap(torch.func.grad(lambda a: torch_argmax.max(a, 0).values))(y)
    assert torch.equal(got, torch.nn.functional.one_hot(y.argmax(1), 6).float())


def test_subclasses_and_modes_are_asked() -> None:
    class Logged(torch.Tensor):
        calls: ClassVar[list] = []

        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            cls.calls.append(func)
            return super().__torch_function__(func, types, args, kwargs or {})

    x = torch.randn(3, 4)
    got = torch_argmax.argmax(x.as_subclass(Logged), 1)
    assert Logged.calls == [ops.argmax.default] and isinstance(got, Logged)
    assert torch.equal(got, torch.argmax(x, 1))

    class Mode(TorchFunctionMode):
        calls: ClassVar[list] = []

        def __torch_function__(self, func, types, args=(), kwargs=None):
            self.calls.append(func)
            return func(*args, **(kwargs or {}))

    with Mode():
        torch_argmax.max(x, 1)
    assert ops.max.dim in Mode.calls


def test_parameters_and_modules() -> None:
    parameter = torch.nn.Parameter(torch.randn(3, 4))
    assert torch.equal(torch_argmax.argmax(parameter, 1), torch.argmax(parameter, 1))
    model = torch_argmax.ModelNew(-1)
    assert repr(model) == "ModelNew(dim=-1)"
    assert torch.equal(copy.deepcopy(model)(parameter), torch.argmax(parameter, -1))
    assert model.state_dict() == {}


def test_negative_views_are_resolved() -> None:
    x = torch.randn(3, 4, dtype=torch.complex64).conj().imag
    assert x.is_neg()
    assert torch.equal(torch_argmax.argmax(x, 1), torch.argmax(x, 1))
