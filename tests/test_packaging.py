"""What a user builds and installs: the sdist, the build's refusals, and the package as imported."""

import copy
import os
import pickle
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import torch

import torch_argmax

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "python" / "torch_argmax"


def python(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=900,
    )


def printed_by(code: str, **environment: str) -> str:
    run = python("-c", code, **environment)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def refusal_of_setup(prepare: str) -> str:
    """The sentence with which setup.py ends, after `prepare` has arranged what it will find."""
    code = f"import runpy, sys\n{prepare}\nsys.argv = ['setup.py', '--version']\n"
    run = python("-c", f"{code}runpy.run_path('setup.py')", TORCH_ARGMAX_CUDA="1")
    assert run.returncode == 1 and "Traceback" not in run.stderr, run.stderr
    # torch may log before it, that it finds no GPU.
    refusal = run.stderr.splitlines()[-1]
    assert refusal.startswith("torch-argmax: ") and refusal.endswith("."), run.stderr
    return refusal


def test_build_without_torch_is_refused() -> None:
    refusal = refusal_of_setup("sys.modules['torch'] = None")
    assert "needs torch >= 2.10" in refusal and "--no-build-isolation" in refusal


def test_build_with_old_torch_is_refused() -> None:
    refusal = refusal_of_setup(
        "import types; torch = sys.modules['torch'] = types.ModuleType('torch')\n"
        "torch.__version__ = '2.9.1+cu128'"
    )
    assert "needs torch >= 2.10" in refusal and "2.9.1+cu128" in refusal


def test_build_with_nvcc_of_another_cuda_is_refused(tmp_path: Path) -> None:
    nvcc = tmp_path / "bin" / "nvcc"
    nvcc.parent.mkdir()
    nvcc.write_text("#!/bin/sh\necho Cuda compilation tools, release 11.8, V11.8.89\n")
    nvcc.chmod(0o755)
    refusal = refusal_of_setup(
        "import torch; from torch.utils import cpp_extension\n"
        f"torch.version.cuda = '13.0'; cpp_extension.CUDA_HOME = {str(tmp_path)!r}"
    )
    assert "nvcc 11.8" in refusal and "CUDA 13.0" in refusal and "TORCH_ARGMAX_CUDA=0" in refusal


def test_sdist_has_the_sources_and_nothing_built(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    built = shutil.ignore_patterns("*.so", "*.egg-info", "__pycache__", "results")
    for folder in ("csrc", "python", "tests", "benchmarks"):
        shutil.copytree(ROOT / folder, tree / folder, ignore=built)
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy(path, tree)
    wanted = {
        str(path.relative_to(tree))
        for path in tree.rglob("*")
        if path.suffix in {".py", ".h", ".cuh", ".cpp", ".cu", ".md", ".toml", ".typed"}
    } | {"LICENSE", "Makefile"}
    assert "csrc/cuda/kernels/strided.cu" in wanted and "csrc/cuda/scan.cuh" in wanted
    (tree / "python" / "torch_argmax" / "_C.so").touch()
    (tree / "benchmarks" / "results").mkdir()
    (tree / "benchmarks" / "results" / "gpu.csv").touch()

    # Made without CUDA, it must serve machines that have it.
    run = python("setup.py", "-q", "sdist", cwd=tree, TORCH_ARGMAX_CUDA="0")
    assert run.returncode == 0, run.stderr
    (sdist,) = (tree / "dist").iterdir()
    with tarfile.open(sdist) as archive:
        members = {name.partition("/")[2] for name in archive.getnames()}
    assert wanted - members == set()
    assert [name for name in members if name.endswith((".so", ".csv"))] == []


@pytest.mark.slow
def test_build_without_cuda(tmp_path: Path) -> None:
    # Objects are kept beside those of other builds, so that a second run compiles what changed.
    objects = f"build/{sys.implementation.cache_tag}-torch-{torch.__version__}-without-cuda"
    lib = tmp_path / "torch_argmax"
    lib.mkdir()
    run = python(
        *("setup.py", "build_ext", "--build-temp", objects, "--build-lib", str(tmp_path)),
        TORCH_ARGMAX_CUDA="0",
    )
    assert run.returncode == 0, run.stdout + run.stderr
    for source in PACKAGE.glob("*.py"):
        shutil.copy(source, lib)
    code = """
import torch, torch_argmax as ta
assert ta.build_info()["cuda"] is None and ta.build_info()["architectures"] == "", ta.build_info()
x = torch.randn(5, 7)
assert torch.equal(ta.argmax(x, 1), torch.argmax(x, 1))
limits = ta.Limits(processors=128, max_cluster=1)
assert ta.explain(x, 1, device="cuda", limits=limits).kernel in ta.kernels("cuda")
cuda = torch._C.DispatchKeySet(torch._C.DispatchKey.CUDA)
try:
    torch.ops.torch_argmax.argmax.default.redispatch(cuda, x, 1)
except NotImplementedError as error:
    print(ta.__file__, str(error).splitlines()[0], sep="\\n")
"""
    file, error = printed_by(code, PYTHONPATH=str(tmp_path)).splitlines()
    assert Path(file).parent == lib
    assert "torch_argmax was built without CUDA" in error


def test_build_info() -> None:
    info = torch_argmax.build_info()
    assert set(info) == {"torch", "cuda", "architectures", "compiler", "instructions"}
    # One Python has one file of the extension in python/: this torch's, or one built for another.
    assert torch.__version__.startswith(info["torch"])
    assert info["compiler"]
    if info["cuda"] is None:
        assert info["architectures"] == ""
    else:
        assert info["cuda"].split(".")[0] == torch.version.cuda.split(".")[0]
        assert re.fullmatch(
            r"\d+\.\d+[a-z]?(\+PTX)?( \d+\.\d+[a-z]?(\+PTX)?)*", info["architectures"]
        )


def test_import_adds_little_to_torch() -> None:
    code = """
import time, torch
start = time.perf_counter()
import torch_argmax
print(time.perf_counter() - start)
"""
    assert min(float(printed_by(code)) for _ in range(3)) < 0.1


def test_runs_after_fork() -> None:
    # As in a DataLoader's worker, which limits itself to one thread: torch's pool does not survive.
    code = """
import os, signal, torch, torch_argmax
torch.set_num_threads(4)
x = torch.randn(64, 100_003)
expected = torch_argmax.argmax(x, 1)
child = os.fork()
if child == 0:
    signal.alarm(60)
    torch.set_num_threads(1)
    os._exit(0 if torch.equal(torch_argmax.argmax(x, 1), expected) else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert printed_by(code) == "0"


@pytest.mark.parametrize("again", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_model_is_copied(again) -> None:
    x = torch.randn(3, 4, 5)
    model = again(torch_argmax.ModelNew(1))
    assert isinstance(model, torch_argmax.ModelNew)
    assert torch.equal(model(x), torch.argmax(x, 1))


def test_versions_agree() -> None:
    pyproject = (ROOT / "pyproject.toml").read_text()
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    pins = re.findall(r'"(?:ruff|clang-format)==([\d.]+)"', pyproject)
    assert len(pins) == 2 and pins == re.findall(r"rev: v([\d.]+)", hooks)

    minimum = re.search(r'MIN_TORCH = "(.*)"', (ROOT / "setup.py").read_text())[1]
    places = pyproject + (ROOT / "Makefile").read_text()
    assert re.findall(r"torch[^'\"\n]*>=([\d.]+)", places) == [minimum] * 3
