# Each target makes what it needs, and a second call repeats no work that is done.
PYTHON ?= python3
# Of torch; empty for the newest.
TORCH_VERSION ?=
# For pytest, or for benchmarks.run.
ARGS ?=

# One environment for each interpreter and torch.
VENV := .venv/$(notdir $(PYTHON))-torch-$(or $(TORCH_VERSION),latest)
BIN := $(VENV)/bin
PYTHON_MINOR := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
ENV := $(VENV)/env-$(PYTHON_MINOR)
# The stamp names what the build was asked for, so that asking for something else builds anew.
BUILT := $(VENV)/built-$(PYTHON_MINOR)-cuda$(TORCH_ARGMAX_CUDA)-$(subst ;,_,$(subst $() ,_,$(TORCH_CUDA_ARCH_LIST)))
LINT := .venv/lint

# The requirements of an extra, without building the project to learn them.
requirements = sed -n '/^$(1) = \[/,/^\]/s/^ *"\([^"]*\)".*/\1/p' pyproject.toml

# torch's build helper accepts ccache under a compiler's name only: these folders hold such links.
CCACHE := $(firstword $(wildcard /usr/lib/ccache /usr/lib64/ccache))
NVCC := $(or $(wildcard $(CUDA_HOME)/bin/nvcc),$(shell command -v nvcc))
ifneq ($(CCACHE),)
export PATH := $(CCACHE):$(PATH)
ifneq ($(NVCC),)
export PYTORCH_NVCC := ccache $(NVCC)
endif
endif

.PHONY: help demo test sanitize build lint bench clean

help:  ## show this
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile
	@echo "for another interpreter or torch: make test PYTHON=python3.12 TORCH_VERSION=2.11.0"

demo: $(BUILT)  ## see it work, in a minute
	$(BIN)/python benchmarks/demo.py

# Workers share out the tests; on a GPU they would share its memory. Threads of one that wait must not
# keep those of another from their core.
test: $(BUILT)  ## run the whole test suite; ARGS="-k columns" runs a part
	OMP_WAIT_POLICY=PASSIVE $(BIN)/python -m pytest $(if $(shell command -v nvidia-smi),,-n auto) $(ARGS)

# A build of its own, without CUDA. Python is linked without the sanitizers' library, so that is
# loaded before all else, and libstdc++ with it, whose exceptions it wraps. Leaks are not looked for:
# Python and torch leave memory to the exit. pytest must neither catch stderr nor handle signals, or
# reports are lost. Python asks for overflow that wraps, which would hide it. Packaging is left out:
# it builds once more, and asks how long an import takes.
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=undefined -fstrict-overflow \
  -fno-omit-frame-pointer -O1 -g1
SANITIZED = build/sanitized
sanitize: $(ENV)  ## test the CPU part under gcc's address and undefined behaviour sanitizers
	CXX="$(CXX)" TORCH_ARGMAX_CXXFLAGS="$(SANITIZE)" LDFLAGS="$(SANITIZE)" TORCH_ARGMAX_CUDA=0 \
	  $(BIN)/python setup.py -q build --build-base $(SANITIZED) --build-lib $(SANITIZED)
	LD_PRELOAD="$(foreach lib,asan stdc++,$(shell $(CXX) -print-file-name=lib$(lib).so))" \
	  ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 PYTHONPATH=$(SANITIZED) \
	  CUDA_VISIBLE_DEVICES= OMP_WAIT_POLICY=PASSIVE $(BIN)/python -m pytest -n auto \
	  --capture=sys -p no:faulthandler --ignore tests/test_packaging.py $(ARGS)

build: $(BUILT)  ## compile, and install in the environment

bench: $(BUILT) $(VENV)/bench  ## measure on this machine, and draw the results
	$(BIN)/python -m benchmarks.run $(ARGS)
	$(BIN)/python -m benchmarks.report "$$(ls -t benchmarks/results/*.csv | head -n 1)"

PY_FILES = setup.py python tests benchmarks
CXX_FILES = $$(find csrc benchmarks tests -name '*.h' -o -name '*.cpp' -o -name '*.cuh' -o -name '*.cu')
lint: $(LINT)/env  ## check style and format
	$(LINT)/bin/ruff check $(PY_FILES)
	$(LINT)/bin/ruff format --check $(PY_FILES)
	$(LINT)/bin/clang-format --dry-run -Werror $(CXX_FILES)

clean:  ## remove what was built; the environments in .venv stay
	rm -rf build dist python/*.egg-info python/torch_argmax/*.so .venv/*/built-*

$(ENV): pyproject.toml
	test -e $(BIN)/python$(PYTHON_MINOR) || $(PYTHON) -m venv --clear $(VENV)
	$(call requirements,test) | $(BIN)/python -m pip install -r /dev/stdin \
	  'torch$(if $(TORCH_VERSION),==$(TORCH_VERSION),>=2.10)' 'setuptools>=77' ninja
	touch $@

$(VENV)/bench: $(ENV)
	$(call requirements,bench) | $(BIN)/python -m pip install -r /dev/stdin
	touch $@

$(LINT)/env: pyproject.toml
	$(PYTHON) -m venv --clear $(LINT)
	$(call requirements,lint) | $(LINT)/bin/python -m pip install -r /dev/stdin
	touch $@

# Builds of the same Python share the file of the extension in python/: the last one counts.
$(BUILT): $(ENV) setup.py pyproject.toml $(shell find csrc -type f)
	rm -f .venv/*/built-$(PYTHON_MINOR)-*
	$(BIN)/python -m pip install --no-build-isolation --no-deps -e .
	touch $@
