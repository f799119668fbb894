"""What is measured: shapes, dtypes, layouts and values from real projects."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

F64, F32, F16, BF16 = torch.float64, torch.float32, torch.float16, torch.bfloat16
I8, U8 = torch.int8, torch.uint8

# torch takes seconds for more on the CPU.
_CPU_MAX_BYTES = 300 * 10**6
# Of a GPU's memory, for the flush buffer, the results and what the providers allocate.
_CUDA_SLACK_BYTES = 4 * 2**30

RANDOM = ("random",)
ALL_PATTERNS = ("random", "ties", "ascending")


def _as_is(x: Tensor) -> Tensor:
    return x


def _channels_last(x: Tensor) -> Tensor:
    return x.to(memory_format=torch.channels_last)


@dataclass(frozen=True)
class Workload:
    """A reduction that people run.

    Attributes:
        name: unique.
        shape: of the contiguous tensor that ``layout`` gets.
        dim: the dimension of the view to reduce, as in torch.
        dtypes: each is a case of its own.
        layout: from the contiguous tensor to the view to reduce.
        op: "argmax" or "argmin".
        patterns: of the values, see :meth:`Case.build`; each is a case of its own.
        written: a kernel that writes all of the input runs before each call, as one that scales
            logits does; else the L2 cache holds other writes. On CUDA only.
    """

    name: str
    shape: tuple[int, ...]
    dim: int | None
    dtypes: tuple[torch.dtype, ...]
    layout: Callable[[Tensor], Tensor] = _as_is
    op: str = "argmax"
    patterns: tuple[str, ...] = RANDOM
    written: bool = False


@dataclass(frozen=True)
class Case:
    """A workload with one dtype and one pattern of values."""

    workload: Workload
    dtype: torch.dtype
    pattern: str

    @property
    def bytes(self) -> int:
        """Size of the tensor that is allocated."""
        return math.prod(self.workload.shape) * self.dtype.itemsize

    def build(self, device: torch.device) -> Tensor:
        """Make the view to reduce, filled in place: the large inputs leave no room for a second.

        Values of "random" are normal for floats, and of the full range for integers; "ties" takes
        them from a set of four; "ascending" never descends along the reduced dimension, the worst
        case for a branch on a new maximum.
        """
        base = torch.empty(self.workload.shape, dtype=self.dtype, device=device)
        view = self.workload.layout(base)
        if self.pattern == "ties":
            return view.random_(0, 4)
        if self.pattern == "ascending":
            return view.copy_(self._ramp(view))
        if self.dtype.is_floating_point:
            return view.normal_()
        info = torch.iinfo(self.dtype)
        return view.random_(info.min, info.max + 1)

    def _ramp(self, view: Tensor) -> Tensor:
        dim = self.workload.dim
        length = view.numel() if dim is None else view.shape[dim]
        is_float = self.dtype.is_floating_point
        low, high = (
            (0, 1) if is_float else (torch.iinfo(self.dtype).min, torch.iinfo(self.dtype).max)
        )
        ramp = torch.linspace(low, high, length, dtype=F64, device=view.device).to(self.dtype)
        if dim is None:
            return ramp.view(view.shape)
        return ramp.view([-1 if i == dim % view.dim() else 1 for i in range(view.dim())])


# The first is the headline; the last needs 64-bit indices.
WORKLOADS = (
    Workload("kernelbench", (128, 4096, 4095), 1, (F32,), patterns=ALL_PATTERNS),
    Workload("kernelbench_4096", (128, 4096, 4096), 1, (F32,)),
    Workload("kernelbench_old", (16, 256, 256), 1, (F32,)),
    # Other elements, numbers of slabs that do not fill the SMs, rows that do not fill a block.
    Workload("kernelbench_types", (128, 4096, 4095), 1, (F16, BF16, I8)),
    Workload("slabs_133", (133, 2000, 4000), 1, (F32,)),
    Workload("slabs_40", (40, 4000, 4001), 1, (F32, F16)),
    Workload("slabs_163", (163, 4096, 4097), 1, (F16, I8)),
    *(
        Workload(
            f"decode_{batch}x{vocabulary}",
            (batch, vocabulary),
            -1,
            (BF16, F32),
            patterns=ALL_PATTERNS if (batch, vocabulary) == (64, 128256) else RANDOM,
        )
        for batch in (1, 8, 64, 256)
        for vocabulary in (32000, 50257, 128256, 151936, 262144)
    ),
    Workload("verify", (132, 151936), -1, (BF16,)),
    Workload("diffusion_lm", (3584, 157184), -1, (BF16,)),
    Workload("long_rows", (4096, 131072), -1, (F32,)),
    Workload("imagenet", (65536, 1000), -1, (F32, F16)),
    Workload("router_8", (65536, 8), -1, (F32, BF16), patterns=ALL_PATTERNS),
    Workload("router_128", (16384, 128), -1, (F32, BF16), patterns=ALL_PATTERNS),
    Workload("router_256", (65536, 256), -1, (F32, BF16), patterns=ALL_PATTERNS),
    Workload("tiny_rows_8", (4194304, 8), -1, (F32, F16, U8)),
    Workload("tiny_rows_64", (1048576, 64), -1, (F32, F16, U8)),
    Workload("tiny_rows_129", (1048576, 129), -1, (F32, F16, U8)),
    Workload("segmentation_21", (16, 21, 512, 512), 1, (F32, F16)),
    Workload("segmentation_19", (8, 19, 1024, 2048), 1, (F32, F16)),
    Workload("segmentation_150", (16, 150, 256, 256), 1, (F32, F16)),
    Workload("segmentation_cl", (16, 21, 512, 512), 1, (F16,), _channels_last),
    Workload("medical_3d_24", (24, 128, 435, 435), 0, (F32, F64)),
    Workload("medical_3d_2", (2, 256, 256, 256), 0, (F32, F64)),
    Workload("anchors", (35, 249000), 0, (F32,)),
    Workload("vq_codebook", (65536, 8192), -1, (F32, BF16), op="argmin"),
    Workload("kmeans_64", (1048576, 64), -1, (F32,), op="argmin"),
    Workload("kmeans_1024", (65536, 1024), -1, (F32,), op="argmin"),
    Workload("heatmaps", (12, 16, 9216), -1, (F32,)),
    Workload("viterbi", (50, 85, 85), 1, (F32,)),
    Workload("rl_actions_18", (32, 18), -1, (F32,)),
    Workload("rl_actions_6", (4096, 6), -1, (F32,)),
    Workload("flat_2^28", (2**28,), None, (F32, BF16, I8), patterns=ALL_PATTERNS),
    Workload("flat_2^30", (2**30,), None, (F32, BF16, I8)),
    Workload("tall", (32768, 8192), 0, (F32, BF16, I8), patterns=ALL_PATTERNS),
    Workload("tall_thin_16", (2**24, 16), 0, (F32,)),
    Workload("tall_thin_33", (256, 4096, 33), 1, (F32,)),
    # torch.argmax refuses bool and float8: there is nothing to compare with.
    Workload("bytes_dim0", (8192, 8192), 0, (I8, U8)),
    Workload("bytes_dim1", (8192, 8192), -1, (I8, U8)),
    Workload("natural_dim0", (8192, 8192), 0, (F32, BF16)),
    Workload("natural_dim1", (8192, 8192), -1, (F32, BF16)),
    Workload("transposed_dim1", (8192, 8192), -1, (F32, BF16), Tensor.t),
    Workload("transposed_dim0", (8192, 8192), 0, (F32, BF16), Tensor.t),
    Workload("sliced", (4096, 8200), -1, (BF16,), lambda x: x[:, 3:8195]),
    Workload("sliced_aligned", (4096, 8200), -1, (BF16,), lambda x: x[:, :8192]),
    Workload("flat_permuted", (256, 1024, 1024), None, (F32,), lambda x: x.permute(2, 0, 1)),
    # Elements that do not lie side by side: a channel of images that are stored by pixels, the
    # real parts of complex numbers, one of the numbers that belong to a box, every second pixel,
    # the colors of pixels that have an opacity, cubes cut out of others.
    Workload("channel_dim1", (64, 512, 512, 3), 1, (U8, F32), lambda x: x[..., 0]),
    Workload("channel_dim2", (64, 512, 512, 3), 2, (U8, F32), lambda x: x[..., 0]),
    Workload("real_dim1", (8192, 8192, 2), 1, (U8, F16, F32), lambda x: x[..., 0]),
    Workload("real_dim0", (8192, 8192, 2), 0, (U8, F16, F32), lambda x: x[..., 0]),
    Workload("real_rows_100", (671088, 100, 2), 1, (U8, F16), lambda x: x[..., 0]),
    Workload("boxes", (64, 25200, 85), 1, (F16, F32), lambda x: x[..., 4]),
    Workload("pixels", (8192, 8192), None, (U8, F32), lambda x: x[::2, ::2]),
    Workload("colors", (4096, 4096, 4), None, (U8, F16), lambda x: x[..., :3]),
    Workload("cubes", (2_000_000, 4, 4, 4), None, (U8,), lambda x: x[:, :3, :3, :3]),
    Workload("huge_dim", (2**32 + 7,), None, (I8,)),
    Workload("written_64x128256", (64, 128256), -1, (BF16, F32), written=True),
    Workload("written_256x128256", (256, 128256), -1, (BF16, F32), written=True),
    Workload("written_imagenet", (65536, 1000), -1, (F16,), written=True),
    Workload("written_segmentation", (4, 19, 1024, 1024), 1, (F16,), written=True),
    Workload("written_transposed", (8192, 8192), -1, (BF16,), Tensor.t, written=True),
)

# The sizes of a sweep over the reduced and the inner dimension, at a fixed size of the whole.
SWEEP_REDUCE = (2, 5, 21, 100, 1000, 10_000, 100_000)
SWEEP_INNER = (1, 2, 3, 5, 8, 16, 33, 64, 70, 256, 1000, 2049, 4095, 4096, 4097, 8191, 65536)
_SWEEP_ELEMENTS = 2**26

# Run on the CPU besides those above that fit, where most of what memory bounds is too large.
CPU_WORKLOADS = (
    Workload("kernelbench_small", (16, 512, 4095), 1, (F32,)),
    Workload("flat_2^26", (2**26,), None, (F32,)),
    Workload("segmentation_small", (2, 21, 512, 512), 1, (F32,)),
    Workload("medical_3d_small", (2, 128, 128, 128), 0, (F64,)),
    Workload("square_dim0", (8192, 8192), 0, (F32,)),
    Workload("tall_thin_small", (2**22, 16), 0, (F32,)),
    Workload("rows_32x128", (32, 128), -1, (F32,)),
)


def max_bytes(device: torch.device) -> int:
    """Size of the largest input to measure on a device."""
    if device.type == "cpu":
        return _CPU_MAX_BYTES
    free, _ = torch.cuda.mem_get_info(device)
    return int((free - _CUDA_SLACK_BYTES) / 1.2)


def sweep() -> Iterator[Case]:
    """256 MB of float32 each, (outer, reduce, inner) reduced over the middle."""
    for reduce in SWEEP_REDUCE:
        for inner in SWEEP_INNER:
            outer = _SWEEP_ELEMENTS // (reduce * inner)
            if outer > 0:
                name = f"sweep_{reduce}x{inner}"
                yield Case(Workload(name, (outer, reduce, inner), 1, (F32,)), F32, "random")


def cases(device: torch.device) -> Iterator[Case]:
    """All cases of a device type."""
    workloads = WORKLOADS if device.type == "cuda" else (*CPU_WORKLOADS, *WORKLOADS)
    for workload in workloads:
        if workload.written and device.type == "cpu":
            continue
        for dtype in workload.dtypes:
            for pattern in workload.patterns:
                yield Case(workload, dtype, pattern)
