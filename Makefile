# The targets a user needs: run, test; with a GPU: gpu-check. A contributor's: setup, gpu-setup, lint,
# bench, clean.
PYTHON ?= python3
BIN := .venv/bin
SOURCES := Cargo.toml Cargo.lock pyproject.toml core_rs/Cargo.toml $(shell find core_rs/src -name '*.rs')

.PHONY: run test setup gpu-setup gpu-check lint bench clean

# Solves the twelve scenarios, prints a table and writes results/nash.json; goes on where it was
# interrupted.
run: setup
	$(BIN)/bucket-brigade nash --out results/nash.json $(if $(wildcard results/nash.json.progress),--resume)

# The whole test suite, Rust and Python; the CUDA backend's too, which needs no GPU.
test: setup gpu-setup
	cargo test --no-default-features
	$(BIN)/pytest --numprocesses auto --maxprocesses 8 --dist worksteal

# .venv with everything installed; done again when a Rust source or a dependency changes.
setup: .venv/installed
.venv/installed: $(SOURCES)
	test -d .venv || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch $@

# The CUDA backend with what compiles and runs its kernels without a GPU (about 1 GB).
gpu-setup: .venv/gpu-installed
.venv/gpu-installed: .venv/installed gpu/pyproject.toml
	$(BIN)/pip install --quiet --editable './gpu[proof]'
	touch $@

# On a machine with a GPU: its counts against the CPU's, and how fast it is (docs/cuda.md). CUDA=cu13
# for drivers from 580 on.
CUDA ?= cu12
gpu-check: setup
	$(BIN)/pip install --quiet --editable './gpu[$(CUDA)]'
	$(BIN)/bucket-brigade cuda-check

lint: setup gpu-setup
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	cargo clippy --all-targets --no-default-features --features count-calls -- -D warnings
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy

# What stands beside our own rungs: Numba, JAX.
.venv/bench-installed: .venv/installed
	$(BIN)/pip install --quiet --editable '.[dev,baselines]'
	touch $@

bench: .venv/bench-installed
	$(BIN)/python -m bench throughput
	$(BIN)/python -m bench ladder

clean:
	rm -rf .venv target results build dist bucket_brigade/*.so
