"""More elements than 32 bits count: in all, along the reduced dimension, and as outer slices."""

import re
from pathlib import Path

import pytest
import torch

import torch_argmax


def _memory(device: str) -> int:
    """Bytes free for tensors."""
    if device == "cuda":
        torch.cuda.empty_cache()
        return torch.cuda.mem_get_info()[0]
    with open("/proc/meminfo") as lines:
        fields = dict(line.split(":") for line in lines)
    return int(fields["MemAvailable"].split()[0]) * 1024


def _zeros(shape: tuple[int, ...], device: str) -> torch.Tensor:
    needed = 1.2 * torch.Size(shape).numel()
    if needed > _memory(device):
        pytest.skip(f"needs {needed / 2**30:.0f} GiB free on the {device} (GPU or host memory)")
    return torch.zeros(shape, dtype=torch.int8, device=device)


def test_one_dimension_past_32_bits(device: str) -> None:
    size = 2**32 + 7 if device == "cuda" else 2**31 + 7
    x = _zeros((size,), device)
    x[size - 3] = 1
    x[size - 2] = 1
    assert torch_argmax.argmax(x).item() == size - 3
    assert torch_argmax.argmax(x, 0).item() == size - 3
    x[2**31 - 1] = -1
    values, indices = torch_argmax.min(x, 0)
    assert indices.item() == 2**31 - 1 and values.item() == -1
    assert torch_argmax.argmax(x[5:]).item() == size - 8


def test_columns_past_32_bits(device: str) -> None:
    rows = 2**30 + 3
    x = _zeros((rows, 3), device)
    x[rows - 2, 0] = 5
    x[rows - 1, 2] = 7
    assert torch_argmax.argmax(x, 0).tolist() == [rows - 2, 0, rows - 1]
    flat = torch_argmax.argmax(x.t())
    assert flat.item() == 2 * rows + rows - 1


def test_rows_past_32_bits(device: str) -> None:
    rows = 2**26 + 5
    x = _zeros((rows, 33), device)
    x[rows - 1, 32] = 1
    x[rows - 2, 31] = 1
    indices = torch_argmax.argmax(x, 1)
    assert indices[-2:].tolist() == [31, 32] and int((indices != 0).sum()) == 2
    assert torch_argmax.argmax(x.t(), 0)[-2:].tolist() == [31, 32]


def test_a_view_of_a_byte_that_looks_like_2_to_the_40() -> None:
    """Expanded dimensions cost nothing: their elements are the same one."""
    x = torch.tensor([[3], [5]], dtype=torch.int8).expand(2, 2**40)
    assert torch_argmax.argmax(x, 1).tolist() == [0, 0]
    assert torch_argmax.argmax(x).item() == 2**40


def _flags_of_memory_at(address: int) -> list[str]:
    """What Linux knows of the mapping that an address is in, by two letters each."""
    ours = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if bounds := re.match("([0-9a-f]+)-([0-9a-f]+) ", line):
            ours = int(bounds[1], 16) <= address < int(bounds[2], 16)
        elif ours and line.startswith("VmFlags:"):
            return line.split()[1:]
    return []


@pytest.mark.skipif(
    not Path("/sys/kernel/mm/transparent_hugepage").exists(),
    reason="needs Linux with transparent huge pages",
)
def test_large_results_on_the_cpu_ask_for_huge_pages() -> None:
    x = torch.zeros(2**22 + 9, 2, dtype=torch.uint8)
    x[:, 1] = torch.arange(2**22 + 9) % 5 == 0
    values, indices = torch_argmax.max(x, 1)
    assert torch.equal(indices, x[:, 1].long()) and torch.equal(values, x[:, 1])
    middle = indices.data_ptr() + indices.nbytes // 2
    assert "hg" in _flags_of_memory_at(middle)
