# The few verbs of this house. Everything they need is put into .venv by `make setup`.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# Compiled modules are kept, also where the environment says otherwise: a process that compiles everything starts four seconds later.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup demo test quick check docs law

help:  ## Say what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

setup: $(READY)  ## Make .venv with everything in it

# uv comes from pip, so that Python with pip is all that a machine needs.
$(READY): pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ". Try: make setup PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	test -x $(BIN)/pip || $(BIN)/python -m ensurepip >/dev/null
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	UV_PROJECT_ENVIRONMENT=.venv $(BIN)/uv sync --quiet --frozen --inexact
	@touch $(READY)

demo: setup  ## Show everything at work, in the browser
	@$(BIN)/stockbridge demo $(ARGS)

test: setup  ## Run every test: the story over twenty seeds, two hundred kills (half an hour on two cores)
	$(BIN)/pytest -n 3 --dist worksteal --ignore tests/crash --durations 40
	$(BIN)/pytest tests/crash

quick: setup  ## Run the tests that take no long time (five minutes)
	$(BIN)/pytest -n 2 --dist worksteal -m "not slow and not crash"

law: setup  ## Play many random days of two shops on one warehouse: make law SEEDS=200
	SEEDS=$(or $(SEEDS),200) $(BIN)/pytest -n 2 tests/journeys/test_never_sold_twice.py -k whatever

check: setup  ## Format, lint, types, imports
	$(BIN)/ruff format --check src tests tools
	$(BIN)/ruff check src tests tools
	$(BIN)/mypy
	@if grep -q importlinter pyproject.toml || test -f .importlinter; then $(BIN)/lint-imports; fi

docs: setup  ## Write the reference pages from the code
	$(BIN)/python tools/reference.py
