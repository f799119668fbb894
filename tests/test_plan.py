"""The planner, without a GPU: plans for an A100, a 4090, an H100 and a B200."""

import itertools

import pytest
import torch
from cases import LAYOUTS, SHAPES, layouts_of
from checks import serving_kernels
from hypothesis import given, settings
from hypothesis import strategies as st

import torch_argmax
from torch_argmax import Limits

# SMs and resident threads of each, from NVIDIA's data sheets and the CUDA programming guide.
GPUS = {
    "A100": Limits(108, 2048),
    "RTX 4090": Limits(128, 1536),
    "H100": Limits(132, 2048),
    "B200": Limits(148, 2048),
}
MAX_GRID = 2**31 - 1
MAX_THREADS = 1024
MAX_REDUCE_TILE = 2**30

# (shape, dim) of real work, the extremes among them, as meta tensors.
WORKLOADS = [
    ((128, 4096, 4095), 1),
    ((1, 128256), -1),
    ((64, 151936), -1),
    ((1048576, 64), -1),
    ((4194304, 8), -1),
    ((65536, 1000), -1),
    ((2**28,), None),
    ((2**32 + 7,), None),
    ((2**40,), 0),
    ((2**34, 2), 1),
    ((2, 2**34), 0),
    ((2**24, 16), 0),
    ((16, 21, 512, 512), 1),
    ((24, 128, 435, 435), 0),
    ((256, 4096, 33), 1),
    ((3, 1, 5), 1),
    ((), None),
]


def plans(x: torch.Tensor, dim: int | None, device: str, limits: Limits):
    """The chosen plan, and that of every kernel that can be forced."""
    yield torch_argmax.explain(x, dim, device=device, limits=limits)
    for kernel in torch_argmax.kernels(device):
        with torch_argmax.force_kernel(kernel):
            try:
                yield torch_argmax.explain(x, dim, device=device, limits=limits)
            except ValueError as error:
                assert "does not serve" in str(error)


def assert_covers_once(plan) -> None:
    """The boxes are disjoint, and their volumes add up to the whole space."""
    seen = set()
    volume = 0
    for number in range(plan.boxes):
        outer, reduce, inner, split = plan.box(number)
        for (begin, end), extent in zip((outer, reduce, inner), plan.space, strict=True):
            assert 0 <= begin < end <= extent, (plan, number)
        assert reduce[0] == split * plan.tile[1], (plan, number)
        # Boxes of one tiling that begin at different corners do not overlap.
        for (begin, end), tile in zip((outer, reduce, inner), plan.tile, strict=True):
            assert begin % tile == 0 and end - begin <= tile, (plan, number)
        seen.add((outer[0], reduce[0], inner[0]))
        volume += (outer[1] - outer[0]) * (reduce[1] - reduce[0]) * (inner[1] - inner[0])
    assert len(seen) == plan.boxes
    assert volume == plan.space[0] * plan.space[1] * plan.space[2]


def assert_launchable(plan, results: int, elements: int) -> None:
    """The plan keeps the grid's limits and the kernels' assumptions, and is about this problem."""
    assert plan.space[0] * plan.space[2] == results
    assert plan.space[0] * plan.space[1] * plan.space[2] == elements
    assert 0 < plan.blocks <= min(plan.boxes, MAX_GRID)
    assert 32 <= plan.threads <= MAX_THREADS and plan.threads % 32 == 0
    assert 1 <= plan.lanes <= plan.threads and plan.lanes & (plan.lanes - 1) == 0
    assert plan.tile[1] <= MAX_REDUCE_TILE


@pytest.mark.parametrize("gpu", GPUS)
@pytest.mark.parametrize("dtype", [torch.int8, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("shape, dim", WORKLOADS, ids=str)
def test_workloads(shape, dim, dtype, gpu) -> None:
    x = torch.empty(shape, dtype=dtype, device="meta")
    elements = x.numel()
    for plan in plans(x, dim, "cuda", GPUS[gpu]):
        assert_launchable(plan, elements // (x.numel() if dim is None else shape[dim]), elements)


@pytest.mark.parametrize("gpu", GPUS)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_element_is_covered_once(shape, gpu) -> None:
    sizes, dims = SHAPES[shape]
    for dim, layout in itertools.product(dims, layouts_of(sizes)):
        x = LAYOUTS[layout](torch.zeros(sizes, dtype=torch.int8))
        results = torch_argmax.argmax(x, dim).numel()
        for plan in plans(x, dim, "cuda", GPUS[gpu]):
            assert_covers_once(plan)
            assert plan.space[0] * plan.space[2] == results


@pytest.mark.parametrize("threads", [1, 2, 64])
@pytest.mark.parametrize("shape", SHAPES)
def test_cpu_tasks_cover_once(shape, threads) -> None:
    sizes, dims = SHAPES[shape]
    for dim, layout in itertools.product(dims, layouts_of(sizes)):
        x = LAYOUTS[layout](torch.zeros(sizes))
        for plan in plans(x, dim, "cpu", Limits(threads)):
            assert_covers_once(plan)
            assert plan.blocks == plan.boxes


@settings(deadline=None, max_examples=200)
@given(
    outer=st.integers(1, 60),
    reduce=st.integers(1, 100_000),
    inner=st.integers(1, 300),
    processors=st.integers(1, 200),
    threads=st.sampled_from([1024, 1536, 2048]),
    dtype=st.sampled_from([torch.uint8, torch.float16, torch.float32, torch.int64]),
)
def test_any_shape_on_any_device(outer, reduce, inner, processors, threads, dtype) -> None:
    x = torch.empty((outer, reduce, inner), dtype=dtype, device="meta")
    for plan in plans(x, 1, "cuda", Limits(processors, threads)):
        assert_launchable(plan, outer * inner, x.numel())
        assert_covers_once(plan)


@pytest.mark.parametrize("gpu", GPUS)
def test_few_results_fill_the_device(gpu) -> None:
    """Reductions with little else to share are split over about as many blocks as are resident."""
    limits = GPUS[gpu]
    for shape, dim in [((1, 2**24), 1), ((2**22, 16), 0), ((2**26,), None), ((8, 2**22), 1)]:
        plan = torch_argmax.explain(
            torch.empty(shape, device="meta"), dim, device="cuda", limits=limits
        )
        resident = limits.processors * (limits.threads_per_processor // plan.threads)
        assert plan.splits > 1 and resident / 2 <= plan.boxes <= resident, plan


def test_enough_results_are_not_split() -> None:
    for shape, dim in [((128, 4096, 4095), 1), ((4096, 131072), 1), ((65536, 1000), 1)]:
        plan = torch_argmax.explain(
            torch.empty(shape, device="meta"), dim, device="cuda", limits=GPUS["H100"]
        )
        assert plan.splits == 1, plan


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_every_kernel_is_planned_and_listed_once(device) -> None:
    names = torch_argmax.kernels(device)
    assert len(set(names)) == len(names)
    chosen = set()
    for sizes, dims in SHAPES.values():
        for dim, layout in itertools.product(dims, layouts_of(sizes)):
            x = LAYOUTS[layout](torch.zeros(sizes))
            plan = torch_argmax.explain(x, dim, device=device, limits=Limits(132, 2048))
            chosen.add(plan.kernel)
    assert chosen == set(names), "the test shapes leave a kernel out"


def test_plans_are_values() -> None:
    x = torch.empty(64, 128256, device="meta")

    def plan(dim: int, processors: int):
        return torch_argmax.explain(x, dim, device="cuda", limits=Limits(processors, 2048))

    assert plan(1, 132) == plan(1, 132)
    assert plan(1, 132) != plan(0, 132)
    assert plan(1, 132) != plan(1, 16)
    assert "row_block" in repr(plan(1, 132)) and "splits" in repr(plan(1, 132))


def test_results_may_be_ordered_otherwise_than_memory() -> None:
    """A permuted input is walked as memory lies: neighbours are still neighbours."""
    x = torch.zeros(4, 8, 16, 32)
    moved = x.permute(3, 0, 1, 2)  # the same memory; the results of the last dim come first
    plan, moved_plan = torch_argmax.explain(x, 1), torch_argmax.explain(moved, 2)
    assert plan.kernel == moved_plan.kernel == "columns"
    assert plan.space == (4, 8, 16 * 32)
    assert moved_plan.space == (4 * 16, 8, 32)


def test_forcing_restores_and_refuses() -> None:
    x = torch.zeros(4, 8)
    with torch_argmax.force_kernel("strided"):
        assert torch_argmax.explain(x, 1).kernel == "strided"
        with torch_argmax.force_kernel("rows"):
            assert torch_argmax.explain(x, 1).kernel == "rows"
        assert torch_argmax.explain(x, 1).kernel == "strided"
    assert torch_argmax.explain(x, 1).kernel == "rows"
    for name, complaint in [
        ("columns", "'columns' does not serve"),
        ("colums", r"no kernel is named 'colums'.*rows, columns, strided"),
    ]:
        with torch_argmax.force_kernel(name), pytest.raises(ValueError, match=complaint):
            torch_argmax.argmax(x, 1)
    assert serving_kernels(x, 1) == ["rows", "strided"]


def test_explain_refuses_what_has_no_plan() -> None:
    with pytest.raises(ValueError, match="without elements"):
        torch_argmax.explain(torch.zeros(0, 3), 1)
    with pytest.raises(ValueError, match="no kernels for device meta"):
        torch_argmax.explain(torch.zeros(3, device="meta"), 0)
    with pytest.raises(ValueError, match="order must be"):
        torch_argmax.explain(torch.zeros(3), 0, order="most")
    with pytest.raises(IndexError, match="Dimension out of range"):
        torch_argmax.explain(torch.zeros(3), 1)
    with pytest.raises(NotImplementedError, match="no kernel reads"):
        torch_argmax.explain(torch.zeros(3, dtype=torch.complex64), 0)
