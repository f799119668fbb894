"""Devices to test on; those that are not there are reported as skipped, with the reason."""

import pytest
import torch

import torch_argmax

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
needs_two_gpus = pytest.mark.skipif(torch.cuda.device_count() < 2, reason="needs two CUDA GPUs")

DEVICES = ["cpu", pytest.param("cuda", marks=needs_gpu)]


def pytest_report_header() -> str:
    """The build under test, in pytest's header."""
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    return f"torch {torch.__version__}, GPU: {gpu}, build: {torch_argmax.build_info()}"


@pytest.fixture(params=DEVICES)
def device(request: pytest.FixtureRequest) -> str:
    """Each device type that there are kernels for."""
    return request.param
