"""Look at the plan of a call, and force another."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from torch_argmax import _C
from torch_argmax._C import Limits, Plan


def build_info() -> dict[str, str | None]:
    """What this build was made with.

    Returns:
        ``torch``: version compiled against. ``cuda``: version of the toolkit, None if the build has
        no CUDA. ``architectures``: as in ``TORCH_CUDA_ARCH_LIST``. ``compiler``: of the host code.
        ``instructions``: the instruction set that CPU tensors are reduced with on this machine.
    """
    return _C.build_info()


def instruction_sets() -> list[str]:
    """Names of this machine's CPU instruction sets that the build has code for, the best last."""
    return _C.instruction_sets()


@contextmanager
def force_instruction_set(name: str) -> Iterator[None]:
    """Reduce CPU tensors with the instruction set ``name``, in all threads.

    Raises:
        ValueError: the machine, or the build, has no instruction set of that name.
    """
    before = _C.build_info()["instructions"]
    _C.force_instruction_set(name)
    try:
        yield
    finally:
        _C.force_instruction_set(before or "")


def kernels(device: torch.device | str) -> list[str]:
    """Names of a device type's kernels, in the planner's order of preference.

    Raises:
        ValueError: there are no kernels for this device type.
    """
    return _C.kernels(torch.device(device))


def explain(
    input: Tensor,
    dim: int | None = None,
    *,
    order: str = "max",
    device: torch.device | str | None = None,
    limits: Limits | None = None,
) -> Plan:
    """Plan that a call with ``input`` and ``dim`` would take; reads no element.

    Args:
        input: a tensor with elements; a meta tensor will do if ``device`` is given.
        dim: as in :func:`torch_argmax.argmax`.
        order: "max" or "min".
        device: device type to plan for; ``input``'s if None.
        limits: of that device; asked from the device itself if None.

    Raises:
        IndexError: ``dim`` is out of range.
        ValueError: no plan for such an input or device, or a forced kernel does not serve it.
    """
    problem = _C.describe(input, order, dim)
    return _C.plan(input.device if device is None else torch.device(device), problem, limits)


@contextmanager
def force_kernel(name: str) -> Iterator[None]:
    """Inside, every call of this thread is served by the kernel of this name.

    For tests and measurements. A call that the kernel cannot serve, or whose device has no kernel
    of the name, raises ValueError.
    """
    before = _C.forced_kernel()
    _C.force_kernel(name)
    try:
        yield
    finally:
        _C.force_kernel(before)
