"""What only a GPU shows: graphs, streams, devices, and work that is still running."""

import itertools
import math

import pytest
import torch
from cases import first_winners
from checks import serving_kernels
from conftest import needs_gpu, needs_two_gpus

import torch_argmax

pytestmark = needs_gpu

# For each kernel, those it is chosen for; with results shared by blocks and not.
PROBLEMS = [
    ((4096, 8), 1),
    ((512, 1000), 1),
    ((300, 20000), 1),
    ((2, 200_000), 1),
    ((1_000_000,), None),
    ((3, 4_000_000), 1),
    ((5000, 21, 3), 1),
    ((16, 300, 130), 1),
    ((140, 30, 2049), 1),
    ((150, 300, 133), 1),
    ((256, 600, 33), 1),
    ((200_000, 16), 0),
    ((16, 100, 130), 1),
    ((64, 3, 5), 1),
    ((13, 3000, 133), 1),
]


@pytest.mark.parametrize("shape, dim", PROBLEMS, ids=str)
def test_captured_graph(shape, dim) -> None:
    """A graph's replays read new contents of the input, whatever else was allocated since."""
    x = torch.randn(shape, device="cuda")
    for kernel in serving_kernels(x, dim):
        with torch_argmax.force_kernel(kernel):
            torch_argmax.argmax(x, dim)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                indices = torch_argmax.argmax(x, dim)
        for _ in range(20):
            x.normal_()
            noise = [torch.full((size,), -1, device="cuda") for size in (100, 10_000, 1_000_000)]
            graph.replay()
            assert torch.equal(indices, torch.argmax(x, dim)), kernel
            del noise


@pytest.mark.parametrize("shape, dim", PROBLEMS, ids=str)
def test_concurrent_streams(shape, dim) -> None:
    inputs = [torch.randn(shape, device="cuda") for _ in range(8)]
    expected = [torch.argmax(x, dim) for x in inputs]
    streams = [torch.cuda.Stream() for _ in inputs]
    torch.cuda.synchronize()
    for _ in range(20):
        results = []
        for x, stream in zip(inputs, streams, strict=True):
            with torch.cuda.stream(stream):
                results.append(torch_argmax.argmax(x, dim))
        torch.cuda.synchronize()
        for got, wanted in zip(results, expected, strict=True):
            assert torch.equal(got, wanted)


def test_a_thousand_replays_beside_eight_streams() -> None:
    """What blocks combine through is disturbed by no other launch: neither replays nor streams."""
    problems = [((2, 200_000), 1), ((3, 4_000_000), 1), ((200_000, 16), 0), ((70_001,), None)]
    inputs = [torch.randint(-9, 9, shape, device="cuda").float() for shape, _ in problems]
    calls = [
        (kernel, x, dim)
        for x, (_, dim) in zip(inputs, problems, strict=True)
        for kernel in serving_kernels(x, dim)
    ]

    def run() -> list[torch.Tensor]:
        results = []
        for kernel, x, dim in calls:
            with torch_argmax.force_kernel(kernel):
                results.append(torch_argmax.argmax(x, dim))
        return results

    expected = [torch.argmax(x, dim) for _, x, dim in calls]
    run()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        replayed = run()
    streams = [torch.cuda.Stream() for _ in range(8)]
    torch.cuda.synchronize()
    for _ in range(20):
        results = replayed.copy()
        for indices in replayed:
            indices.fill_(-1)
        torch.cuda.synchronize()
        for stream in streams:
            with torch.cuda.stream(stream):
                results += run()
        for _ in range(50):
            graph.replay()
        torch.cuda.synchronize()
        runs = 1 + len(streams)
        for (kernel, *_), got, want in zip(calls * runs, results, expected * runs, strict=True):
            assert torch.equal(got, want), kernel


def test_current_stream_is_used() -> None:
    """The reduction waits for what its stream does before it, and for nothing else."""
    x = torch.zeros(1000, device="cuda")
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        # Every kernel's first launch loads it and allocates this stream's memory: both wait. So
        # does `x[777] = 1`, always: it copies from the host.
        x[777:778].fill_(1)
        torch_argmax.argmax(x)
        x.zero_()
        torch.cuda._sleep(1)
        torch.cuda.synchronize()
        torch.cuda._sleep(200_000_000)
        x[777:778].fill_(1)
        index = torch_argmax.argmax(x)
    assert not stream.query(), "the call waited for the device"
    stream.synchronize()
    assert index.item() == 777


def test_no_synchronization() -> None:
    x = torch.randn(3, 200_000, device="cuda")
    torch.cuda.set_sync_debug_mode("error")
    try:
        torch_argmax.argmax(x, 1)
        torch_argmax.max(x, 0)
    finally:
        torch.cuda.set_sync_debug_mode("default")


@needs_two_gpus
def test_device_of_the_tensor_and_not_the_current_one() -> None:
    x = torch.randn(50, 3000, device="cuda:1")
    with torch.cuda.device(0):
        indices = torch_argmax.argmax(x, 1)
        assert torch.cuda.current_device() == 0
    assert indices.device == x.device
    assert torch.equal(indices, torch.argmax(x, 1))


def test_limits_are_those_of_the_device() -> None:
    properties = torch.cuda.get_device_properties(0)
    x = torch.empty(1, 2**21, device="meta")
    max_cluster = 1 if properties.major < 9 else 16 if properties.major <= 10 else 8
    shared_bytes = properties.shared_memory_per_block_optin
    given = torch_argmax.Limits(properties.multi_processor_count, max_cluster, shared_bytes)
    assert torch_argmax.explain(x, 1, device="cuda") == torch_argmax.explain(
        x, 1, device="cuda", limits=given
    )
    assert torch_argmax.explain(x, 1, device="cuda:0").kernel == "row_grid"
    # torch does not tell the largest window of an access policy; it is not known to be smaller.
    large = torch.empty(1, 2**24, device="meta")
    assert torch_argmax.explain(large, 1, device="cuda").evict_first_bytes == 2**26


@pytest.mark.parametrize("offset", [0, 1, 3])
def test_access_policies_begin_anywhere(offset) -> None:
    storage = torch.randint(-128, 128, (12_000_003,), device="cuda", dtype=torch.int8)
    x = storage[offset : offset + 12_000_000].view(4000, 3000)
    for dim in (0, 1, None):
        assert torch_argmax.explain(x, dim).evict_first_bytes == 12_000_000
        assert torch.equal(torch_argmax.argmax(x, dim), torch.argmax(x, dim))


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0), (2, 1, 0)], ids=str)
@pytest.mark.parametrize("dtype", [torch.int8, torch.uint8], ids=str)
def test_many_ties_of_8_bits_in_any_order(dtype, order) -> None:
    """All elements, and those of some rows, where the logical order is not that of memory."""

    def few(memory):
        memory.zero_().view(-1)[torch.randint(0, memory.numel(), (3,), device="cuda")] = 1

    fills = (lambda m: m.random_(0, 256), lambda m: m.random_(0, 2), lambda m: m.fill_(1), few)
    for sizes, fill in itertools.product(((70, 130, 517), (3, 1500, 900), (2, 3, 5)), fills):
        memory = torch.empty(sizes, dtype=torch.uint8, device="cuda")
        fill(memory)
        x = memory.to(dtype)
        for part in (x, x[:, :, 1:-1], x[:, 1:]):
            y = part.permute(order)
            for name in ("argmax", "argmin"):
                got, want = getattr(torch_argmax, name)(y), getattr(torch, name)(y)
                assert got.item() == want.item(), (name, y.shape, y.stride())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.int32, torch.int8], ids=str)
@pytest.mark.parametrize(
    "shape", [(13, 3000, 133), (1, 60_000, 260), (9, 400, 8190), (30, 700, 4097), (9, 900, 6758)]
)
def test_fronts(shape, dtype) -> None:
    """Turns that blocks take by a counter, at their front and, where it ends, at others.

    Of many ties the first wins, in whatever order blocks come to them.
    """
    storage = torch.randint(-1, 2, (math.prod(shape) + 1,), device="cuda").to(dtype)
    if dtype.is_floating_point:
        storage[torch.randint(0, storage.numel(), (20,), device="cuda")] = math.nan
    for x in (storage[:-1].view(shape), storage[1:].view(shape)):
        with torch_argmax.force_kernel("column_front"):
            plan = torch_argmax.explain(x, 1)
            # With 3 turns for each block there would be no counters.
            assert dtype.itemsize < 4 or plan.boxes > 3 * plan.blocks, plan
            for name in ("argmax", "argmin"):
                got, want = getattr(torch_argmax, name)(x, 1), getattr(torch, name)(x, 1)
                assert torch.equal(got, want), name
            values, indices = torch_argmax.max(x, 1)
        assert torch.equal(indices, torch.argmax(x, 1))
        wanted = x.gather(1, indices.unsqueeze(1)).squeeze(1)
        assert torch.equal(values.nan_to_num(5), wanted.nan_to_num(5))


def test_unaligned_and_foreign_memory() -> None:
    """The last vector of a row may hold bytes past the tensor: they must not be looked at."""
    for count in range(1, 70):
        storage = torch.full((count + 16,), 100, dtype=torch.int8, device="cuda")
        for offset in (0, 1, 7, 15):
            x = storage[offset : offset + count]
            x.fill_(-3)
            x[count // 2] = 1
            for kernel in serving_kernels(x, 0):
                with torch_argmax.force_kernel(kernel):
                    assert torch_argmax.argmax(x, 0).item() == count // 2, (count, offset, kernel)
            x.fill_(100)


@pytest.mark.parametrize("offset", range(4))
@pytest.mark.parametrize(
    "dtype",
    [torch.bool, torch.uint8, torch.int8, torch.int16, torch.float16, torch.bfloat16],
    ids=str,
)
def test_first_of_a_short_row(dtype, offset) -> None:
    """By words of small elements, of which rows begin and end with a part."""
    for length in (23, 24, 25, 47, 48, 49, 50, 51, 77, 129, 131, 199):
        for order, x in first_winners(length, dtype):
            memory = torch.empty(offset + x.numel(), dtype=dtype, device="cuda")
            rows = memory[offset:].view_as(x).copy_(x)
            with torch_argmax.force_kernel("row_stage"):
                values, indices = getattr(torch_argmax, order)(rows, 1)
            assert torch.equal(indices.cpu(), torch.arange(length)), (order, length)
            assert torch.equal(values.cpu().nan_to_num(5), x.diagonal().nan_to_num(5)), length


def test_headline() -> None:
    """The workload that the project started from, on values with many ties too."""
    if torch.cuda.mem_get_info()[0] < 12 * 2**30:
        pytest.skip("needs 12 GiB of GPU memory")
    x = torch.empty(128, 4096, 4095, device="cuda").normal_()
    model = torch_argmax.ModelNew(1)
    assert torch.equal(model(x), torch.argmax(x, 1))
    x.mul_(2).round_()
    assert torch.equal(model(x), torch.argmax(x, 1))
