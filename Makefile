# The targets a user needs: run, test. A contributor's: setup, lint, bench, clean.
PYTHON ?= python3
BIN := .venv/bin
SOURCES := Cargo.toml Cargo.lock pyproject.toml core_rs/Cargo.toml $(shell find core_rs/src -name '*.rs')

.PHONY: run test setup lint bench clean

# Solves the twelve scenarios, prints a table and writes results/nash.json.
run: setup
	$(BIN)/bucket-brigade nash --out results/nash.json

# The whole test suite, Rust and Python.
test: setup
	cargo test --no-default-features
	$(BIN)/pytest

# .venv with everything installed; done again when a Rust source or a dependency changes.
setup: .venv/installed
.venv/installed: $(SOURCES)
	test -d .venv || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch $@

lint: setup
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	cargo clippy --all-targets --no-default-features --features count-calls -- -D warnings
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy

bench: setup
	$(BIN)/python -m bench

clean:
	rm -rf .venv target results build dist bucket_brigade/*.so
