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

# SMs, the largest cluster and the shared memory of a block of each, from NVIDIA's data sheets and
# the CUDA programming guide; and the largest window of an access policy of the H100, from itself.
GPUS = {
    "A100": Limits(108, 1, 163 << 10),
    "RTX 4090": Limits(128, 1, 99 << 10),
    "H100": Limits(132, 16, 227 << 10, 128 << 20),
    "B200": Limits(148, 16, 227 << 10),
}
# Threads that every kernel's launch bounds let an SM hold.
RESIDENT_THREADS = 1024
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


def assert_launchable(plan, results: int, elements: int, element: int, limits: Limits) -> None:
    """The plan keeps the grid's limits and the kernels' assumptions, and is about this problem.

    ``element`` is the size of one in bytes.
    """
    assert plan.space[0] * plan.space[2] == results
    assert plan.space[0] * plan.space[1] * plan.space[2] == elements
    # Blocks of a team share a box, and leave a candidate each.
    team = plan.candidates // plan.splits if plan.candidates > 1 else 1
    assert 0 < plan.blocks <= min(plan.boxes * team, MAX_GRID)
    assert 32 <= plan.threads <= MAX_THREADS and plan.threads % 32 == 0
    # Threads that share a result; or rows that are looked at together, by vectors of 2 to 8.
    if plan.kernel == "column_flat":
        turn = plan.lanes * plan.space[2]
        assert turn % 2 == 0 and turn <= 8 * plan.threads
    elif plan.kernel == "column_warp":
        assert 32 * plan.lanes == plan.threads
    elif plan.kernel not in ("column_front", "column_ring"):
        assert 1 <= plan.lanes <= plan.threads and plan.lanes & (plan.lanes - 1) == 0
    # With what kernels declare that have any, 1 KB at most.
    assert plan.shared_bytes + 1024 <= limits.shared_bytes
    assert plan.tile[1] <= MAX_REDUCE_TILE
    # A cluster has one result, and is whole; the blocks that meet at a barrier are all resident.
    assert 1 <= plan.cluster <= limits.max_cluster
    if plan.cluster > 1:
        assert plan.splits == plan.cluster and plan.blocks == plan.boxes
    elif plan.splits > 1 and plan.fronts == 0:
        assert plan.candidates >= plan.splits
    # A front has a slab at least, and a block; a turn is what a slot has room for.
    assert (plan.fronts > 0) == (plan.kernel == "column_front")
    assert plan.fronts <= min(8, plan.space[0], plan.blocks)
    if plan.fronts > 0:
        assert plan.tile[0] == 1 and plan.tile[2] == plan.space[2], plan
        turn_bytes = plan.tile[1] * plan.tile[2] * element
        assert turn_bytes <= min(48 << 10, plan.shared_bytes // 3 - 128), plan
        assert plan.tile[1] % plan.lanes == 0 or plan.tile[1] == plan.space[1], plan
    assert plan.faster == 0 or plan.kernel == "strided_lines"
    assert 0 <= plan.evict_first_bytes <= limits.window_bytes
    if plan.candidates > 1 or plan.fronts > 0:
        assert plan.blocks <= limits.processors * (RESIDENT_THREADS // plan.threads)


def cuda_plan(shape, dim: int | None, limits: Limits, dtype: torch.dtype = torch.float32):
    """The plan for a contiguous tensor on a GPU."""
    x = torch.empty(shape, dtype=dtype, device="meta")
    return torch_argmax.explain(x, dim, device="cuda", limits=limits)


@pytest.mark.parametrize("gpu", GPUS)
@pytest.mark.parametrize("dtype", [torch.int8, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("shape, dim", WORKLOADS, ids=str)
def test_workloads(shape, dim, dtype, gpu) -> None:
    x = torch.empty(shape, dtype=dtype, device="meta")
    elements = x.numel()
    for plan in plans(x, dim, "cuda", GPUS[gpu]):
        results = elements // (elements if dim is None else shape[dim])
        assert_launchable(plan, results, elements, dtype.itemsize, GPUS[gpu])


@pytest.mark.parametrize("gpu", GPUS)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_element_is_covered_once(shape, gpu) -> None:
    sizes, dims = SHAPES[shape]
    for dim, layout in itertools.product(dims, layouts_of(sizes)):
        x = LAYOUTS[layout](torch.zeros(sizes, dtype=torch.int8))
        results = torch_argmax.argmax(x, dim).numel()
        for plan in plans(x, dim, "cuda", GPUS[gpu]):
            assert_covers_once(plan)
            assert plan.space[0] * plan.space[2] == results, plan


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
    max_cluster=st.sampled_from([1, 8, 16]),
    dtype=st.sampled_from([torch.uint8, torch.float16, torch.float32, torch.int64]),
)
def test_any_shape_on_any_device(outer, reduce, inner, processors, max_cluster, dtype) -> None:
    x = torch.empty((outer, reduce, inner), dtype=dtype, device="meta")
    limits = Limits(processors, max_cluster)
    for plan in plans(x, 1, "cuda", limits):
        assert_launchable(plan, outer * inner, x.numel(), dtype.itemsize, limits)
        assert_covers_once(plan)


@pytest.mark.parametrize("gpu", GPUS)
def test_few_results_fill_the_device(gpu) -> None:
    """Reductions with little else to share are shared by about as many blocks as are resident."""
    limits = GPUS[gpu]
    for shape, dim in [((1, 2**24), 1), ((2**22, 16), 0), ((2**26,), None), ((8, 2**22), 1)]:
        plan = cuda_plan(shape, dim, limits)
        resident = limits.processors * (RESIDENT_THREADS // plan.threads)
        assert plan.candidates > 1 and resident / 2 <= plan.blocks <= resident, plan


def test_enough_results_are_not_split() -> None:
    for shape, dim in [((163, 100, 4097), 1), ((4096, 131072), 1), ((65536, 1000), 1)]:
        plan = cuda_plan(shape, dim, GPUS["H100"])
        assert plan.splits == plan.candidates == 1, plan


F16, BF16 = torch.float16, torch.bfloat16
F32, F64 = torch.float32, torch.float64


@pytest.mark.parametrize(
    "gpu, shape, dtype, kernel, blocks_per_row",
    [
        # 8 KB for each block of a cluster; without clusters 32 KB for each of a team, for which
        # short rows are not worth a barrier.
        ("H100", (1, 32000), BF16, "row_cluster", 8),
        ("A100", (1, 32000), BF16, "row_block", 1),
        ("H100", (1, 50257), F32, "row_cluster", 16),
        ("H100", (1, 128256), F32, "row_cluster", 16),
        ("B200", (1, 128256), F32, "row_cluster", 16),
        ("A100", (1, 128256), F32, "row_grid", 16),
        ("RTX 4090", (1, 128256), F32, "row_grid", 16),
        ("H100", (8, 128256), BF16, "row_cluster", 16),
        ("A100", (8, 151936), BF16, "row_grid", 10),
        # As many blocks as a row's share of the SMs, of which a power of two.
        ("H100", (16, 262144), F32, "row_cluster", 8),
        ("B200", (33, 151936), F32, "row_grid", 8),
        ("B200", (33, 128256), BF16, "row_cluster", 4),
        ("H100", (64, 128256), BF16, "row_cluster", 2),
        # A quarter of the SMs, with a row each, read as fast as memory gives.
        ("A100", (64, 128256), BF16, "row_block", 1),
        ("H100", (132, 151936), BF16, "row_block", 1),
        ("H100", (256, 151936), BF16, "row_block", 1),
        ("RTX 4090", (4096, 131072), F32, "row_block", 1),
        # Rows for which a cluster is too small.
        ("H100", (1, 2**26), F32, "row_grid", 264),
        ("H100", (4, 2**24), F32, "row_grid", 66),
        ("A100", (1, 2**26), F32, "row_grid", 216),
        ("RTX 4090", (3, 2**26), F32, "row_grid", 85),
    ],
)
def test_blocks_of_a_row(gpu, shape, dtype, kernel, blocks_per_row) -> None:
    plan = cuda_plan(shape, 1, GPUS[gpu], dtype)
    assert plan.kernel == kernel, plan
    assert plan.blocks == shape[0] * blocks_per_row, plan


@pytest.mark.parametrize("gpu", GPUS)
@pytest.mark.parametrize(
    "shape, dtype, kernel",
    [
        ((32, 18), F32, "row_stage"),
        ((4096, 6), F32, "row_vector"),
        ((4096, 7), F32, "row_stage"),
        ((1048576, 16), F32, "row_vector"),
        ((1048576, 12), BF16, "row_stage"),
        ((4194304, 8), torch.int8, "row_vector"),
        ((4194304, 21), F16, "row_stage"),
        ((4194304, 16), BF16, "row_vector"),
        ((4194304, 32), torch.int8, "row_stage"),
        ((4194304, 8), BF16, "row_vector"),
        ((4194304, 8), F32, "row_vector"),
        ((1048576, 129), F32, "row_stage"),
        ((65536, 256), BF16, "row_stage"),
        ((65536, 256), F32, "row_stage"),
        ((65536, 1000), F32, "row_warp"),
        ((65536, 8192), BF16, "row_block"),
    ],
)
def test_short_rows(shape, dtype, kernel, gpu) -> None:
    plan = cuda_plan(shape, 1, GPUS[gpu], dtype)
    assert plan.kernel == kernel, plan
    if kernel == "row_stage":
        row_bytes = shape[1] * dtype.itemsize
        assert plan.tile[0] * row_bytes <= 16384
        assert plan.boxes >= min(4 * GPUS[gpu].processors, shape[0] * row_bytes // 2048)
        if plan.boxes > 4 * GPUS[gpu].processors:
            assert plan.tile[0] % (plan.threads // plan.lanes) == 0, plan


@pytest.mark.parametrize(
    "gpu, shape, dim, dtype, kernel, blocks",
    [
        # Large slabs: a block for each SM.
        ("H100", (128, 4096, 4095), 1, F32, "column_front", 132),
        ("RTX 4090", (128, 4096, 4095), 1, F32, "column_front", 128),
        ("A100", (70, 4096, 4095), 1, F32, "column_front", 108),
        ("H100", (128, 4096, 4096), 1, F32, "column_front", 132),
        ("H100", (32768, 8191), 0, F32, "column_front", 132),
        ("H100", (1, 150_000, 4095), 1, torch.int32, "column_front", 132),
        ("H100", (163, 4096, 4000), 1, BF16, "column_front", 132),
        ("H100", (40, 4000, 4001), 1, F16, "column_front", 132),
        # Of 8 bytes, a slab a block, or where SMs would be idle equal shares.
        ("H100", (128, 4096, 4095), 1, F64, "column_ring", 128),
        ("H100", (50, 2000, 4001), 1, F64, "column_ring", 132),
        # Where column_front is bound by instructions, or one round of others is as fast.
        ("H100", (66, 16384, 1024), 1, BF16, "column_batch", 132),
        ("H100", (163, 4096, 4097), 1, BF16, "column_grid", 1467),
        ("H100", (128, 8192, 4096), 1, torch.int8, "column_batch", 512),
        # The same of short rows, by vectors.
        ("H100", (134, 100000, 5), 1, F32, "column_flat", 528),
        ("H100", (1342, 10000, 5), 1, F32, "column_flat", 1342),
        ("H100", (256, 4096, 33), 1, F32, "column_flat", 256),
        ("H100", (200, 4096, 33), 1, F32, "column_tile", 200),
        ("H100", (2**21, 33), 0, F32, "column_flat", 521),
        ("RTX 4090", (1000, 4096, 33), 1, BF16, "column_flat", 1000),
        # Groups of rows that begin at the same place in a vector.
        ("A100", (256, 4096, 33), 1, BF16, "column_tile", 256),
        ("H100", (163, 100, 4097), 1, F32, "column_tile", 2771),
        # Results of some elements, in rows that begin anywhere.
        ("H100", (16, 19, 333, 333), 1, F32, "column_short", 4624),
        ("H100", (16376, 2, 2049), 1, F32, "column_short", 49128),
        ("H100", (200, 100, 65537), 1, torch.int8, "column_short", 34200),
        # Enough columns for threads.
        ("RTX 4090", (2, 256, 256, 256), 0, F32, "column_thread", 65536),
        ("H100", (16, 21, 512, 512), 1, F32, "column_thread", 16384),
        ("H100", (8192, 2, 512), 1, F32, "column_thread", 16384),
        ("H100", (8192, 16, 128), 1, F32, "column_stage", 8192),
        # Few tiles: teams of blocks, or where the input is small a narrow tile a block.
        ("H100", (32768, 8191), 0, BF16, "column_grid", 119),
        ("H100", (32768, 8192), 0, BF16, "column_batch", 128),
        ("H100", (2**24, 16), 0, F32, "column_batch", 132),
        ("A100", (2**24, 16), 0, F32, "column_batch", 108),
        ("H100", (8192, 8192), 0, BF16, "column_batch", 128),
        ("H100", (8192, 8192), 0, F32, "column_batch", 128),
        ("A100", (8192, 8192), 0, F32, "column_batch", 104),
        # All latency.
        ("H100", (16, 256, 256), 1, F32, "column_warp", 128),
        ("H100", (50, 85, 85), 1, F32, "column_warp", 150),
        ("H100", (50, 1025, 85), 1, F32, "column_tile", 200),
        # Small slabs.
        ("H100", (4096, 128, 8), 1, F32, "column_stage", 2048),
        ("H100", (500, 2, 9), 1, F32, "column_stage", 18),
    ],
)
def test_columns(gpu, shape, dim, dtype, kernel, blocks) -> None:
    plan = cuda_plan(shape, dim, GPUS[gpu], dtype)
    assert (plan.kernel, plan.blocks) == (kernel, blocks), plan


@pytest.mark.parametrize(
    "stored, step, dim, dtype, kernel, tile, lanes, blocks",
    [
        # Rows: about 128 bytes of one for a lane, and where rows are few all lanes of a block, or
        # of several.
        ((1_000_000, 40), 2, 1, torch.uint8, "row_strided", (256, 20, 1), 1, 3907),
        ((1_000_000, 200), 2, 1, torch.uint8, "row_strided", (64, 100, 1), 4, 15625),
        ((100_000, 200), 2, 1, F32, "row_strided", (32, 100, 1), 8, 3125),
        ((10_000, 3000), 3, 1, F32, "row_strided", (2, 1000, 1), 128, 5000),
        ((1000, 40_000), 2, 1, F32, "row_strided", (1, 20_000, 1), 256, 1000),
        ((8, 2**22), 2, 1, F32, "row_strided", (1, 32_768, 1), 256, 512),
        # Rows whose elements are sectors apart, in order: the parts of one follow each other.
        ((64, 25_200 * 85), 85, 1, F32, "row_strided", (1, 1024, 1), 256, 264),
        ((8, 2**22), 8, 1, F32, "row_strided", (1, 16_384, 1), 256, 256),
        # Columns: runs of 32 or more, of which several blocks have parts.
        ((8192, 8192), 2, 0, F32, "column_strided", (1, 2048, 32), 8, 512),
        ((8192, 16_384), 2, 0, torch.uint8, "column_strided", (1, 4096, 32), 8, 512),
        ((100_000, 128), 2, 0, F32, "column_strided", (1, 384, 32), 8, 522),
        ((64, 100, 4000, 2), 2, 1, F32, "column_strided", (1, 100, 250), 1, 1024),
        # Slabs with few, several together; and small inputs, by half a block each.
        ((10_000, 300, 14), 2, 1, F32, "column_strided", (2, 300, 7), 16, 5000),
        ((16, 256, 512), 2, 1, F32, "column_strided", (1, 256, 8), 32, 512),
        ((1000, 20), 2, 0, F32, "column_strided", (1, 1000, 2), 128, 5),
    ],
)
def test_steps(stored, step, dim, dtype, kernel, tile, lanes, blocks) -> None:
    """Every ``step``-th element of the last dimension of what is stored."""
    x = torch.empty(stored, dtype=dtype, device="meta")[..., ::step]
    plan = torch_argmax.explain(x, dim, device="cuda", limits=GPUS["H100"])
    assert (plan.kernel, plan.tile, plan.lanes, plan.blocks) == (kernel, tile, lanes, blocks), plan


def meta(*shape: int) -> torch.Tensor:
    return torch.empty(shape, device="meta")


@pytest.mark.parametrize(
    "view, kernel, lanes, faster",
    [
        # Runs of two vectors or more, or memory that is dense.
        (lambda: meta(1000, 500, 301)[:, :, 1:], "strided_grid", 512, 0),
        (lambda: meta(64, 64, 4).permute(2, 0, 1), "strided_grid", 512, 0),
        # Rows, of which long ones are cut; and of short ones columns.
        (lambda: meta(8192, 8192)[::2, ::2], "strided_lines", 32, 0),
        (lambda: meta(2, 2**25)[:, :-2:2], "strided_lines", 256, 0),
        (lambda: meta(4096, 4096, 4)[..., :3], "strided_lines", 64, 1),
        (lambda: meta(99, 20, 8)[:, 1:, :5], "strided_lines", 1, 1),
        # Columns of several dimensions, as many as a block can read beside each other.
        (lambda: meta(9999, 4, 4)[:, 1:, 1:], "strided_lines", 16, 2),
        (lambda: meta(9999, 20, 20)[:, 1:, ::3], "strided_lines", 1, 1),
        (lambda: meta(9999, 9, 9, 9)[:, 1:, 1:, ::2], "strided_lines", 1, 2),
        (lambda: meta(99, 9, 21, 31)[:, 1:, 1:, ::2], "strided_lines", 1, 1),
        (lambda: meta(99, 9, 11, 61)[:, 1:, 1:, ::2], "strided_lines", 4, 0),
        # What fuses into one dimension.
        (lambda: meta(512, 512, 2)[..., 0], "row_strided", 256, 0),
    ],
)
def test_everything_of_what_is_not_a_run(view, kernel, lanes, faster) -> None:
    plan = torch_argmax.explain(view(), None, device="cuda", limits=GPUS["H100"])
    assert (plan.kernel, plan.lanes, plan.faster) == (kernel, lanes, faster), plan


@pytest.mark.parametrize(
    "shape, dtype, threads, lanes, columns",
    [
        # Few rows in small blocks, more in large ones if those fill their rounds.
        ((13421, 5, 1000), F32, 64, 1, 256),
        ((16, 21, 512, 512), F16, 64, 1, 512),
        ((16, 150, 256, 256), F16, 128, 1, 1024),
        ((64, 32, 4096), F64, 128, 1, 256),
        ((16, 64, 512, 512), F32, 256, 1, 1024),
        ((1000, 100, 4096), torch.int8, 256, 1, 2048),
        ((24, 50, 512, 512), F64, 512, 1, 1024),
        # A little more than one round of larger elements.
        ((9, 100, 65536), F32, 128, 1, 512),
        # Many rows of small ones, which column_batch has no use for.
        ((64, 500, 10000), torch.int8, 128, 1, 1024),
    ],
)
def test_threads_of_columns(shape, dtype, threads, lanes, columns) -> None:
    plan = cuda_plan(shape, 1, GPUS["H100"], dtype)
    assert plan.kernel == "column_thread"
    assert (plan.threads, plan.lanes, plan.tile[2]) == (threads, lanes, columns), plan


@pytest.mark.parametrize(
    "shape, dtype, threads, lanes, columns",
    [
        # The last round not full, or shorter rows.
        ((12, 100, 65536), F32, 256, 2, 512),
        ((1000, 150, 1024), F32, 256, 2, 512),
        # Tiles that begin at cache lines as rows do, or are equal.
        ((1000, 32, 10000), F64, 256, 2, 256),
        ((300, 300, 2208), F32, 224, 2, 448),
        ((300, 300, 2200), F32, 224, 2, 440),
    ],
)
def test_tiles_of_columns(shape, dtype, threads, lanes, columns) -> None:
    plan = cuda_plan(shape, 1, GPUS["H100"], dtype)
    assert plan.kernel == "column_tile"
    assert (plan.threads, plan.lanes, plan.tile[2]) == (threads, lanes, columns), plan


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_every_kernel_is_planned_and_listed_once(device) -> None:
    names = torch_argmax.kernels(device)
    assert len(set(names)) == len(names)
    chosen = set()
    for sizes, dims in SHAPES.values():
        for dim, layout in itertools.product(dims, layouts_of(sizes)):
            x = LAYOUTS[layout](torch.zeros(sizes))
            for limits in GPUS.values():
                plan = torch_argmax.explain(x, dim, device=device, limits=limits)
                chosen.add(plan.kernel)
    # What only large inputs are read by.
    for dtype, rows in itertools.product(
        (torch.float32, torch.float64), ((4096, 4095), (16, 2**20))
    ):
        large = torch.empty(128, *rows, dtype=dtype, device="meta")
        chosen.add(torch_argmax.explain(large, 1, device=device, limits=GPUS["H100"]).kernel)
    # And what has more dimensions than parameters of a kernel hold.
    many = torch.empty((2,) * 14).permute(*range(0, 14, 2), *range(13, 0, -2))
    chosen.add(torch_argmax.explain(many, 6, device=device, limits=GPUS["H100"]).kernel)
    assert chosen == set(names), "the test shapes leave a kernel out"


@pytest.mark.parametrize(
    "megabytes, evict_first",
    [(8, 0), (9, 9), (64, 64), (127, 127), (128, 127), (160, 127), (161, 0), (4096, 0)],
)
def test_what_leaves_the_cache_first(megabytes, evict_first) -> None:
    """Inputs that the cache has to do with, up to what a launch can name."""
    x = torch.empty(megabytes << 20, dtype=torch.int8, device="meta")
    for dim, limits in itertools.product((0, None), GPUS.values()):
        plan = torch_argmax.explain(x, dim, device="cuda", limits=limits)
        expected = evict_first << 20 if limits.window_bytes else 0
        assert plan.evict_first_bytes == expected


def test_what_leaves_the_cache_first_is_memory() -> None:
    """From the first element to the last, whatever lies between."""
    x = torch.empty(1000, 30, 1000, device="meta")
    for part, elements in ((x[:500], 15_000_000), (x[:, :, 10:20], 29_999_010)):
        plan = torch_argmax.explain(part, 1, device="cuda", limits=GPUS["H100"])
        assert plan.evict_first_bytes == 4 * elements


def test_results_as_large_as_the_input_keep_the_cache() -> None:
    for rows, evict_first in ((2, 0), (3, 0), (4, 64 << 20), (16, 64 << 20)):
        plan = cuda_plan((rows, (16 << 20) // rows), 0, GPUS["H100"])
        assert plan.evict_first_bytes == evict_first


def test_plans_are_values() -> None:
    def plan(dim: int, processors: int, max_cluster: int = 1):
        return cuda_plan((8, 128256), dim, Limits(processors, max_cluster))

    assert plan(1, 132) == plan(1, 132)
    assert plan(1, 132) != plan(0, 132)
    assert plan(1, 132) != plan(1, 16)
    assert plan(1, 132) != plan(1, 132, 16)
    assert cuda_plan((8, 2**20), 1, Limits(1)) != cuda_plan(
        (8, 2**20), 1, Limits(1, 1, 99 << 10, 2**27)
    )
    assert "row_grid" in repr(plan(1, 132)) and "cluster 16" in repr(plan(1, 132, 16))


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
