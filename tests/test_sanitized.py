"""One small problem for each kernel: what `compute-sanitizer` is run over.

    PYTORCH_NO_CUDA_MEMORY_CACHING=1 compute-sanitizer python -m pytest tests/test_sanitized.py

Without torch's cache every tensor is an allocation of its own, so that a read past its end is seen.
"""

import pytest
import torch
from checks import assert_same, describe
from conftest import needs_gpu

import torch_argmax

# Odd sizes and, by the slice, misaligned rows. Kernels whose blocks can share a result do so in the
# second; in the third of row_grid, column_front and strided_grid they take what is next by a
# counter.
PROBLEMS = {
    "row_vector": [((65, 4), 1), ((1030, 2), 1), ((300, 12), 1)],
    "row_stage": [((65, 5), 1), ((37, 129), 1), ((300, 49), 1)],
    "row_warp": [((37, 129), 1), ((65, 5), 1)],
    "row_cluster": [((5, 4099), 1), ((1, 70_001), 1)],
    "row_grid": [((5, 4099), 1), ((1, 70_001), 1), ((1, 2_300_001), 1)],
    "row_block": [((5, 4099), 1), ((1, 70_001), 1)],
    "column_warp": [((3, 100, 133), 1), ((2, 9, 40), 1)],
    "column_front": [((3, 100, 133), 1), ((3, 40, 2049), 1), ((13, 3000, 133), 1)],
    "column_ring": [((3, 100, 133), 1), ((3, 40, 2049), 1), ((9001, 33), 0), ((20, 5, 1001), 1)],
    "column_thread": [((3, 4, 2048), 1), ((2, 37, 1032), 1)],
    "column_short": [((3, 4, 2049), 1), ((2, 37, 517), 1)],
    "column_stage": [((65, 7, 5), 1), ((37, 3, 129), 1)],
    "column_flat": [((3, 100, 133), 1), ((9001, 33), 0), ((40, 500, 2), 1)],
    "column_batch": [((3, 100, 136), 1), ((9001, 48), 0), ((60_001, 8), 0)],
    "column_grid": [((3, 100, 133), 1), ((9001, 33), 0), ((60_001, 8), 0)],
    "column_tile": [((3, 100, 133), 1), ((2, 200, 133), 1), ((9001, 33), 0), ((5, 24, 4128), 1)],
    "strided_grid": [((11, 7, 37), None), ((20_011,), None), ((2600, 2600), None)],
    "strided_lines": [
        ((300, 7, 3), None),
        ((2, 40, 41), None),
        ((2, 20_011), None),
        ((400, 3, 5, 4), None),
    ],
    "row_strided": [((65, 5), 1), ((5, 4099), 1), ((1, 70_001), 1)],
    "column_strided": [((3, 100, 133), 1), ((60_001, 8), 0), ((65, 7, 5), 1), ((3, 16, 5), 1)],
    "strided": [((11, 7, 5), 1), ((20_011,), None)],
}
# Kernels whose rows lie end to end, are whole vectors apart, or are whole vectors.
NEED_WHOLE_ROWS = (
    "row_vector",
    "column_stage",
    "column_front",
    "column_ring",
    "column_thread",
    "column_flat",
    "column_batch",
)
DTYPES = (torch.int8, torch.float16, torch.float32, torch.float64)
# Kernels that serve elements of some sizes only.
SIZES = {"row_vector": (2, 4, 8), "column_front": (1, 2, 4), "column_ring": (8,)}
SERVED = [
    (kernel, dtype)
    for kernel in PROBLEMS
    for dtype in DTYPES
    if dtype.itemsize in SIZES.get(kernel, (dtype.itemsize,))
]


@needs_gpu
@pytest.mark.parametrize("kernel, dtype", SERVED, ids=str)
def test_kernel(kernel: str, dtype: torch.dtype) -> None:
    for shape, dim in PROBLEMS[kernel]:
        whole = torch.randint(-9, 9, shape, device="cuda").to(dtype)
        # strided_lines is for what does not fuse into one dimension.
        first = whole.transpose(0, 1) if kernel == "strided_lines" else whole
        for x in (first, whole[..., 1:]):
            if kernel in NEED_WHOLE_ROWS and x is not whole:
                continue
            with torch_argmax.force_kernel(kernel):
                call = describe("argmax", x, dim, kernel)
                assert_same(torch_argmax.argmax(x, dim), torch.argmax(x, dim), call, "torch")
                if dim is not None:
                    indices = torch_argmax.min(x, dim).indices
                    assert_same(indices, torch.argmin(x, dim), call, "torch")


def test_every_kernel_has_a_problem() -> None:
    assert list(PROBLEMS) == torch_argmax.kernels("cuda")
