# Everything a developer or an operator types. `make` alone says what there is.
# Needs make, a Python of 3.11 or newer, and a package index for the first call.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?=
ARGS ?=

# A set-up is good for one lock, one pyproject and nothing else: change either and it runs again.
FINGERPRINT := $(shell cat requirements.lock pyproject.toml | cksum | tr -c '0-9\n' '-')
STAMP := $(VENV)/.setup-$(FINGERPRINT)

.DEFAULT_GOAL := help
.PHONY: help setup demo test check run dashboards dagster docs bench pictures bench-detect eval soak \
	format clean

help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

setup: $(STAMP) ## makes .venv with everything in requirements.lock; the others call it

$(STAMP):
	@python="$(PYTHON)"; \
	if [ -z "$$python" ]; then \
	  for name in python3.11 python3 python3.12 python3.13 python; do \
	    if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	    then python=$$name; break; fi; \
	  done; \
	fi; \
	if [ -z "$$python" ]; then \
	  echo "Klantkluis needs Python 3.11 or newer and found none; install one, or say make $(MAKECMDGOALS) PYTHON=/path/to/python3.11." >&2; exit 2; \
	fi; \
	if ! $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	  echo "$$python is not a Python of 3.11 or newer; choose another with PYTHON=." >&2; exit 2; \
	fi; \
	if [ ! -x $(BIN)/python ] || ! $(BIN)/python -c '' >/dev/null 2>&1; then \
	  echo "Making $(VENV) with $$python"; \
	  rm -rf $(VENV); \
	  $$python -m venv $(VENV) || { echo "Python's venv module does not work; on Debian and Ubuntu install the package python3-venv." >&2; exit 2; }; \
	fi
	@echo "Installing what requirements.lock names; the first time this takes a few minutes"
	@PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	@PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@rm -f $(VENV)/.setup-*
	@touch $(STAMP)

demo: $(STAMP) ## sample data, the whole pipeline, published figures, in ./data
	@$(BIN)/klantkluis demo $(ARGS)

test: $(STAMP) ## all tests that need no more than two cores and some minutes
	@$(BIN)/python -m pytest -n 2 --hypothesis-profile=ci $(ARGS)

check: $(STAMP) ## format, lint, types, import order, SQL, Dagster definitions, dbt
	@BIN=$(BIN) sh .ci/check

format: $(STAMP) ## lets ruff and sqlfluff rewrite what check would refuse
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/sqlfluff fix --quiet dbt_project/models

run: $(STAMP) ## lands the inbox, builds, checks, publishes
	@$(BIN)/klantkluis run $(ARGS)

dashboards: $(STAMP) ## serves the dashboards on this machine
	@$(BIN)/klantkluis dashboards $(ARGS)

dagster: $(STAMP) ## opens the Dagster UI on the same home
	@$(BIN)/klantkluis dagster $(ARGS)

docs: $(STAMP) ## dbt's pages about models, columns, metrics and lineage, on this machine
	@$(BIN)/python -m dbt_project.serve_docs $(ARGS)

bench: $(STAMP) ## measures speed and growth, writes benchmarks/results; ARGS= chooses
	@$(BIN)/python -m benchmarks $(ARGS)

pictures: $(STAMP) ## renews docs/pictures; ARGS="--pictures-of HOME", a home that has published
	@$(BIN)/python -m pytest -q tests/browser/test_pictures.py $(or $(ARGS),--pictures-of data)

bench-detect: $(STAMP) ## the detector against Presidio as documented; needs the extra `bench`
	@$(BIN)/python -m benchmarks.detection_speed $(ARGS)

eval: $(STAMP) ## scores the detector, renews the table of docs/detection.md; ARGS= chooses
	@$(BIN)/python -m evaluation --write $(ARGS)

soak: $(STAMP) ## kills and repeats at every point; takes long
	@$(BIN)/python -m pytest -m soak -n 2 $(ARGS)

clean: ## removes the virtual environment and caches, never a home
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info
