# For users: run, test; with a GPU: gpu-check, gpu-kit. For contributors: setup, test-gpu, test-all, lint, bench,
# docs, wheels, clean. Each first installs what it needs, and says so.
#
# PYTHON=python3.13 make test: with that Python, in an environment of its own, .venv-3.13.
PYTHON ?= python3
ifneq ($(origin PYTHON),file)
VENV ?= .venv-$(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
endif
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# What extras need; installing them with the package would compile that anew.
EXTRAS := $(BIN)/python .ci/extra
SOURCES := Cargo.toml Cargo.lock pyproject.toml core_rs/Cargo.toml $(shell find core_rs/src -name '*.rs')
# A process on each core.
PYTEST := $(BIN)/python -m pytest --numprocesses auto --maxprocesses 8 --dist worksteal

.PHONY: run test test-gpu test-all setup dev-setup gpu-setup gpu-check gpu-kit lint bench docs wheels clean

# Solves the twelve scenarios, prints a table and writes results/nash.json; goes on where it was
# interrupted.
run: setup
	@echo '== Solving the twelve scenarios: 10 to 20 seconds on two cores with AVX2'
	$(BIN)/bucket-brigade nash --out results/nash.json $(if $(wildcard results/nash.json.progress),--resume)

# The product's tests, Rust and Python, but for the longest.
test: dev-setup
	cargo test --no-default-features
	$(PYTEST) --ignore tests/cuda -m 'not slow'
	@echo '== Left out: the CUDA backend, and long checks of statistics and of many games. "make test-gpu" tests'
	@echo '   the backend, without a GPU, "make test-all" everything; both first install 1 GB of compilers.'
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || \
		echo '   There is no Chromium here, so that the tests of the page were skipped (Debian: apt install chromium).'
	@echo "   $(BIN)/python -m pytest -m slow runs the long checks alone. pygambit was asked only if you have it;"
	@echo "   else its stored answers were compared ($(BIN)/pip install '.[oracle]' brings it)."

# The CUDA backend's, but for the longest.
test-gpu: gpu-setup
	$(PYTEST) tests/cuda tests/bench/test_ladder.py -m 'not slow'

test-all: gpu-setup
	cargo test --no-default-features
	$(PYTEST)

# What runs. Done again when a Rust source or a dependency changes.
setup: $(VENV)/run-installed
$(VENV)/run-installed: $(SOURCES) | $(BIN)/pip
	@echo '== Installing NumPy, Rich and Typer (25 MB), and compiling the engines: two minutes'
	$(PIP) install --quiet --editable .
	@touch $@
$(BIN)/pip:
	@echo '== Making a virtual environment, $(VENV): some seconds'
	$(PYTHON) -m venv $(VENV)

# What tests, checks and draws.
dev-setup: $(VENV)/dev-installed
$(VENV)/dev-installed: pyproject.toml | $(VENV)/run-installed
	@echo '== Installing pytest, mypy, Matplotlib, pandas and others (170 MB): half a minute'
	$(EXTRAS) dev | $(PIP) install --quiet --requirement /dev/stdin
	@touch $@

# The CUDA backend, with what compiles and executes its kernels where there is no GPU.
gpu-setup: $(VENV)/gpu-installed
$(VENV)/gpu-installed: gpu/pyproject.toml gpu/ptx_on_cpu/pyproject.toml | $(VENV)/dev-installed
	@echo "== Installing the CUDA backend and NVIDIA's compilers (1 GB): a minute or more"
	$(PIP) install --quiet --editable './gpu[compile]' --editable ./gpu/ptx_on_cpu
	@touch $@

# On a machine with a GPU: its counts against the CPU's, and how fast it is (docs/cuda.md). CUDA=cu13
# for drivers from 580 on.
CUDA ?= cu12
gpu-check: setup
	@echo '== Installing the CUDA backend for $(CUDA) (1 GB): a minute or more'
	$(PIP) install --quiet --editable './gpu[$(CUDA)]'
	$(BIN)/bucket-brigade cuda-check

# A folder, .kit, that takes the project to a machine with a GPU and no network (docs/cuda.md).
# ARCH=sm_80 for another GPU.
ARCH ?= sm_90
gpu-kit: gpu-setup
	KIT_PYTHON=$(BIN)/python bash gpu/kit/build.sh .kit --arch $(ARCH)

lint: dev-setup
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	cargo clippy --all-targets --no-default-features --features count-calls -- -D warnings
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy

# With what stands beside our own rungs: Numba, JAX.
bench: $(VENV)/bench-installed
	$(BIN)/python -m bench throughput
	$(BIN)/python -m bench ladder
$(VENV)/bench-installed: pyproject.toml | $(VENV)/dev-installed
	@echo '== Installing Numba and JAX (200 MB): half a minute'
	$(EXTRAS) dev baselines | $(PIP) install --quiet --requirement /dev/stdin
	@touch $@

# The reference of the API and the guides as HTML, in build/docs.
docs: $(VENV)/docs-installed
	$(BIN)/python -m docs._generate api
$(VENV)/docs-installed: pyproject.toml | $(VENV)/dev-installed
	@echo '== Installing pdoc (4 MB): some seconds'
	$(EXTRAS) docs | $(PIP) install --quiet --requirement /dev/stdin
	@touch $@

# A wheel for this platform in dist/, for any Python from 3.11 on; installed and tried elsewhere.
wheels: dev-setup
	rm -rf dist
	@echo '== Compiling the engines for a wheel: two minutes of processor time'
	$(BIN)/maturin build --release --out dist
	.ci/check-wheel dist/*.whl

clean:
	rm -rf .venv .venv-* target results build dist bucket_brigade/*.so
